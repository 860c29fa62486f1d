/** The connector that a set-up ends with, as configuration: checked by the schema of the configuration before it is written. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { loadConfig } from '../../config/load.ts';
import type { MicrosoftConnectorConfig } from '../../config/schema.ts';
import { type CommandContext, type CommonOptions, loadNamedConfig } from '../context.ts';
import { CommandError } from '../exit-codes.ts';
import type { SecretKeeping, SecretReference } from './secret-keeping.ts';
import type { SetupOptions } from './setup-options.ts';

export interface ConnectorDraft {
  readonly clientId: string;
  readonly tenantId: string;
  readonly userName: string;
  /** Day on which the secret ends, where a person has noted it. */
  readonly endsOn?: string | undefined;
  readonly credential:
    | { readonly kind: 'secret'; readonly secret: string }
    /** PEM texts. */
    | { readonly kind: 'certificate'; readonly certificate: string; readonly key: string };
}

type Where = Pick<SetupOptions, 'cloud' | 'login' | 'graph' | 'caFile' | 'proxy' | 'proxyFile' | 'largeMessages'>;

/** Names of files in which a draft stands while it is looked at; nothing is written there. */
const drafted = { secret: 'app.secret', certificate: 'app.crt', key: 'app.key' } as const;

function yamlOf(
  { clientId, tenantId, userName, endsOn }: Omit<ConnectorDraft, 'credential'>,
  where: Where,
  credential: object,
  dataDir: string | undefined,
): string {
  const { cloud, login, graph, caFile, proxy, proxyFile, largeMessages } = where;
  const connector = {
    name: 'default',
    kind: 'graph',
    cloud: login && graph ? { custom: { login, graph } } : cloud,
    oauthClientId: clientId,
    tenantId,
    userName,
    ...credential,
    ...(endsOn ? { renewal: { endsOn } } : {}),
    ...(largeMessages ? { largeMessages } : {}),
    ...(proxyFile ? { proxy: { file: resolve(proxyFile) } } : proxy ? { proxy } : {}),
    ...(caFile ? { caFile: resolve(caFile) } : {}),
  };
  // The secrets stand in the vault of this folder: a configuration with another one would not find them.
  return stringify({ ...(dataDir === undefined ? {} : { dataDir }), connectors: [connector] });
}

/** The draft as the product would use it. @throws CommandError with every problem, one a line */
export function readConnector(draft: ConnectorDraft, where: Where, folder: string): MicrosoftConnectorConfig {
  const file = join(folder, 'connector.yaml');
  const { credential } = draft;
  const texts = new Map(
    credential.kind === 'secret'
      ? [[join(folder, drafted.secret), credential.secret]]
      : [
          [join(folder, drafted.certificate), credential.certificate],
          [join(folder, drafted.key), credential.key],
        ],
  );
  const { secret, ...certificate } = drafted;
  texts.set(
    file,
    yamlOf(draft, where, credential.kind === 'secret' ? { secret: { file: secret } } : { certificate }, undefined),
  );
  const readFile = (path: string) => texts.get(path) ?? readFileSync(path, 'utf8');
  const loaded = loadConfig({ file, env: {}, readFile, hostname: 'localhost' });
  if (!loaded.ok)
    throw new CommandError('config', loaded.problems.map(({ sentence }) => byOption(sentence)).join('\n'));
  const [connector] = loaded.config.connectors;
  if (!connector || connector.kind === 'smtp') throw new Error('The draft of a connector held none.');
  return connector;
}

const options: Readonly<Record<string, string>> = {
  oauthClientId: 'The Application (client) ID (--client-id)',
  tenantId: 'The Directory (tenant) ID (--tenant)',
  userName: 'The system account (--user-name)',
  secret: 'The client secret',
};

/** Names what a person gave, and not the place in a file that is not there yet. */
function byOption(sentence: string): string {
  const [place = '', key = ''] = /^\S+ connectors\[0\]\.(\w+) /.exec(sentence) ?? [];
  const named = options[key];
  return named === undefined ? sentence : `${named} ${sentence.slice(place.length)}`;
}

/**
 * What becomes of large mail where a set-up is run again and does not say: as the configuration of this machine has it for this
 * app, or the file that the set-up wrote.
 */
export function withLargeMessages(
  context: CommandContext,
  given: SetupOptions,
  clientId: string | undefined,
): SetupOptions {
  if (given.largeMessages !== undefined || clientId === undefined) return given;
  const { config: _none, ...own } = given;
  const files: CommonOptions[] = [given, { ...own, config: join(resolve(given.folder), 'connector.yaml') }];
  for (const options of files) {
    const { loaded } = loadNamedConfig(context, options);
    const found = loaded.ok
      ? loaded.config.connectors.find((each) => each.kind === 'graph' && each.oauthClientId === clientId)
      : undefined;
    if (found?.kind === 'graph' && found.largeMessages !== 'refuse')
      return { ...given, largeMessages: found.largeMessages };
  }
  return given;
}

/** Puts its secret away and writes it, for its owner alone. @returns the path of the configuration. @throws CommandError */
export function writeConnector(draft: ConnectorDraft, where: Where, folder: string, keeping: SecretKeeping): string {
  const { clientId, credential } = draft;
  const keep = (name: string, text: string) => keeping.keep(clientId.trim(), name, `${text.trim()}\n`);
  // The secret first: a connector without its secret would be refused at the next start.
  const kept =
    credential.kind === 'secret'
      ? [keep(drafted.secret, credential.secret)]
      : [keep(drafted.certificate, credential.certificate), keep(drafted.key, credential.key)];
  return writeConnectorWith(draft, credential.kind, kept, where, folder, keeping);
}

/** The same, with a secret that was put away before. */
export function writeConnectorWith(
  draft: Omit<ConnectorDraft, 'credential'>,
  kind: ConnectorDraft['credential']['kind'],
  kept: readonly SecretReference[],
  where: Where,
  folder: string,
  keeping: SecretKeeping,
): string {
  const [first, second] = kept;
  const pem = (reference: SecretReference | undefined) =>
    reference && 'file' in reference ? reference.file : reference;
  const credential =
    kind === 'secret' ? { secret: first } : { certificate: { certificate: pem(first), key: pem(second) } };
  const file = join(folder, 'connector.yaml');
  writeFileSync(file, yamlOf(draft, where, credential, keeping.namesDataDir ? keeping.dataDir : undefined), {
    mode: 0o600,
  });
  return file;
}
