/** Row M6: the end of the credential is known, and it is renewed without a gap. */
import { keptSecret } from './kept-secret.ts';
import type { Place } from './place.ts';
import { mailroom } from './product.ts';
import { signsIn } from './set-up.ts';

export async function renewTheCredential(place: Place, configFile: string): Promise<void> {
  const { rows, tenant } = place;
  const old = keptSecret(place)?.secret;
  const { status, stdout } = await mailroom(
    ['credential', 'renew', '--config', configFile, '--overlap', '0', '--days', '365'],
    {
      replies: [
        signsIn(place),
        {
          // Entra takes its time with a new secret; the walk does not wait for it.
          when: /made +good until/,
          act: () => {
            tenant.clock.advance(60_000);
            return undefined;
          },
        },
      ],
    },
  );
  const now = keptSecret(place)?.secret;
  const known = tenant.directory.state.applications.at(-1)?.passwordCredentials ?? [];
  rows.prove('M6', 'mailroom credential renew ends without a fault', status === 0);
  rows.prove(
    'M6',
    'the new secret was proven before the old one went',
    /proven[\s\S]*switched[\s\S]*removed/.test(stdout),
  );
  rows.prove(
    'M6',
    'the new one is in its place, and the old one is gone',
    now !== old && known.every(({ secretText }) => secretText === now),
  );
  rows.prove('M6', 'it says until when it is good', /is good until \d{4}-\d\d-\d\d/.test(stdout));
  const shown = await mailroom(['credential', 'status', '--json', '--config', configFile]);
  const { credentials, history }: { credentials: { daysLeft?: number }[]; history: { step: string }[] } = JSON.parse(
    shown.stdout,
  );
  rows.prove('M6', 'mailroom credential status knows how many days are left', (credentials[0]?.daysLeft ?? 0) > 300);
  rows.prove(
    'M6',
    'and what was done',
    history.some(({ step }) => step === 'removed'),
  );
  const check = await mailroom(['check', '--config', configFile]);
  rows.prove(
    'M6',
    'and the connector sends with it',
    /yes {3}Entra accepts the app/.test(check.stdout) && check.status === 0,
  );
}
