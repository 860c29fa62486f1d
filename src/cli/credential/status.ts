/** `mailroom credential status`: when each credential ends, and what was done about it. */
import { keptCredentials } from '../../kept-credentials.ts';
import { CredentialRecords } from '../../setup/renewal/credential-records.ts';
import { type CredentialStatus, statusOf } from '../../setup/renewal/credential-status.ts';
import { type RenewalEntry, RenewalHistory } from '../../setup/renewal/renewal-history.ts';
import { type CommandContext, type CommonOptions, readConfig } from '../context.ts';
import { textTable } from '../table.ts';
import { dateOf } from './renew.ts';

const sources: Record<NonNullable<CredentialStatus['knownFrom']>, string> = {
  certificate: 'the certificate',
  graph: 'Entra',
  made: 'Mailroom made it',
  entered: 'the configuration',
};

export function showCredentials(context: CommandContext, options: CommonOptions & { readonly history: number }): void {
  const { out } = context;
  const { config } = readConfig(context, options);
  const records = new CredentialRecords(config.dataDir);
  const now = Date.now();
  const credentials = keptCredentials(config.connectors, Date.now).map((kept) => statusOf(kept, records, now));
  const renewals = new RenewalHistory(config.dataDir);
  const history = renewals.list(options.history);
  const unreadable = renewals.unreadable();
  if (unreadable) out.error(`${unreadable}\n`);
  if (options.json) return out.write(`${JSON.stringify({ credentials, history })}\n`);
  out.write(
    textTable(
      ['connector', 'kind', 'ends', 'days left', 'says', 'renewed by itself'],
      credentials.map((each) => [
        each.connector,
        each.kind,
        each.endsAt === undefined ? '-' : dateOf(each.endsAt),
        each.daysLeft === undefined ? '-' : String(each.daysLeft),
        each.knownFrom === undefined ? '-' : sources[each.knownFrom],
        each.renewsAt === undefined ? `no: ${each.whyNot ?? ''}` : `from ${dateOf(each.renewsAt)} on`,
      ]),
      out.columns,
    ),
  );
  for (const { connector, removals } of credentials)
    for (const at of removals) out.write(`The old credential of ${connector} is removed on ${dateOf(at)}.\n`);
  if (history.length > 0)
    out.write(`\n${textTable(['when', 'connector', 'step', ''], history.map(rowOf), out.columns)}`);
}

function rowOf({ at, connector, step, endsAt, why, by }: RenewalEntry): string[] {
  const words = [
    endsAt === undefined ? undefined : `good until ${dateOf(endsAt)}`,
    why,
    by === 'administrator' ? 'by an administrator' : undefined,
  ];
  return [
    new Date(at).toISOString().slice(0, 16).replace('T', ' '),
    connector,
    step,
    words.filter((each) => each !== undefined).join('; '),
  ];
}
