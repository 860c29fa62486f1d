/** The connector that a set-up ends with, as configuration: checked by the schema of the configuration before it is written. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { loadConfig } from '../../config/load.ts';
import type { MicrosoftConnectorConfig } from '../../config/schema.ts';
import { CommandError } from '../exit-codes.ts';
import type { SetupOptions } from './setup-options.ts';

export interface ConnectorDraft {
  readonly clientId: string;
  readonly tenantId: string;
  readonly userName: string;
  readonly credential:
    | { readonly kind: 'secret'; readonly secret: string }
    /** Paths of PEM files. */
    | { readonly kind: 'certificate'; readonly certificate: string; readonly key: string };
}

type Where = Pick<SetupOptions, 'cloud' | 'login' | 'graph' | 'caFile'>;

const secretName = 'app.secret';

function yamlOf({ clientId, tenantId, userName, credential }: ConnectorDraft, where: Where): string {
  const { cloud, login, graph, caFile } = where;
  const connector = {
    name: 'default',
    kind: 'graph',
    cloud: login && graph ? { custom: { login, graph } } : cloud,
    oauthClientId: clientId,
    tenantId,
    userName,
    ...(credential.kind === 'secret'
      ? { secret: { file: secretName } }
      : { certificate: { certificate: credential.certificate, key: credential.key } }),
    ...(caFile ? { caFile: resolve(caFile) } : {}),
  };
  return stringify({ connectors: [connector] });
}

/** The draft as the product would use it. @throws CommandError with every problem, one a line */
export function readConnector(draft: ConnectorDraft, where: Where, folder: string): MicrosoftConnectorConfig {
  const file = join(folder, 'connector.yaml');
  const secretFile = join(folder, secretName);
  const readFile = (path: string) => {
    if (path === file) return yamlOf(draft, where);
    if (path === secretFile && draft.credential.kind === 'secret') return draft.credential.secret;
    return readFileSync(path, 'utf8');
  };
  const loaded = loadConfig({ file, env: {}, readFile, hostname: 'localhost' });
  if (!loaded.ok) throw new CommandError('config', loaded.problems.map(({ sentence }) => sentence).join('\n'));
  const [connector] = loaded.config.connectors;
  if (!connector || connector.kind === 'smtp') throw new Error('The draft of a connector held none.');
  return connector;
}

/** Writes it with its secret, each file for its owner alone. @returns the path of the configuration */
export function writeConnector(draft: ConnectorDraft, where: Where, folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { credential } = draft;
  // The secret first: a connector without its secret would be refused at the next start.
  if (credential.kind === 'secret')
    writeFileSync(join(folder, secretName), `${credential.secret.trim()}\n`, { mode: 0o600 });
  const file = join(folder, 'connector.yaml');
  writeFileSync(file, yamlOf(draft, where), { mode: 0o600 });
  return file;
}
