/**
 * Files with secrets that others on this machine may read, and a data folder that others may look into. Whoever reads a key
 * reads all that it seals, so that this is told at every start, by `config check` and as a row of the checks.
 *
 * A file that belongs to root may be open to its group: root gives it to the service so (`root:mailroom`, 0640). That is the
 * rule of PostgreSQL for key files, which administrators know.
 */
import type { FileRights } from '../vault/file-rights.ts';
import { vaultFileOf } from '../vault/vault.ts';
import { keySourceFor } from '../vault/vault-key.ts';
import type { Config } from './schema.ts';
import { Secret } from './secret.ts';
import { FilePlace } from './text-place.ts';

/** Undefined where there is nothing to say. */
export type RightsOf = (path: string) => FileRights | undefined;

export interface ExposedFile {
  readonly path: string;
  /** What stands there, for people. */
  readonly what: string;
  /** Whether it is a secret itself that stands open, and not a folder. */
  readonly isSecret: boolean;
  /** Permission bits. */
  readonly mode: number;
  /** The command that closes it. */
  readonly remedy: string;
}

/** Docker and Kubernetes mount secrets readable for all, into a container that holds nobody else. */
const ofContainers = /^(?:\/var)?\/run\/secrets\//;

/** In the order in which they matter. */
export function exposedFiles(config: Config, rightsOf: RightsOf): readonly ExposedFile[] {
  const exposed = [...new Map(secretFiles(config).map((file) => [file.path, file])).values()].flatMap(
    ({ path, what }) => {
      const rights = ofContainers.test(path) ? undefined : rightsOf(path);
      if (!rights || (rights.mode & (rights.uid === 0 ? 0o037 : 0o077)) === 0) return [];
      const closed = rights.uid === 0 && (rights.mode & 0o007) === 0 ? '640' : '600';
      return [{ path, what, isSecret: true, mode: rights.mode & 0o777, remedy: `chmod ${closed} ${path}` }];
    },
  );
  const folder = rightsOf(config.dataDir);
  if (!folder || (folder.mode & 0o077) === 0) return exposed;
  const what = 'the data folder, with mail that waits';
  const remedy = `chmod 700 ${config.dataDir}`;
  return [...exposed, { path: config.dataDir, what, isSecret: false, mode: folder.mode & 0o777, remedy }];
}

export function sentenceOf({ path, what, mode, remedy }: ExposedFile): string {
  return `${path} holds ${what}, and others may read it (mode ${mode.toString(8).padStart(3, '0')}). Run: ${remedy}`;
}

function secretFiles(config: Config): { readonly path: string; readonly what: string }[] {
  const { dataDir, vault } = config;
  // A systemd credential is closed by systemd itself.
  const key = keySourceFor(vault.key, dataDir, {});
  return [
    ...(key.kind === 'file' ? [{ path: key.path, what: 'the key of the vault' }] : []),
    { path: vaultFileOf(dataDir), what: 'the vault' },
    ...keyFiles(config),
    ...filesBelow(config).map((path) => ({ path, what: 'a secret' })),
  ];
}

/** Private keys of connectors and listeners. */
function keyFiles({ connectors, smtp, http, console: web }: Config) {
  const ofApps = connectors.flatMap((connector) => {
    const key = connector.kind !== 'smtp' && connector.credential.kind === 'certificate' && connector.credential.key;
    return key instanceof FilePlace ? [key.file] : [];
  });
  const ofListeners = [...smtp, ...http, web].flatMap(({ tls }) => (tls?.key === undefined ? [] : [tls.key]));
  return [
    ...ofApps.map((path) => ({ path, what: 'the private key of the app’s certificate' })),
    ...ofListeners.map((path) => ({ path, what: 'the private key of a listener' })),
  ];
}

/** Files that secrets come from, wherever in the configuration they stand. */
function filesBelow(value: unknown): string[] {
  if (value instanceof Secret) return value.place instanceof FilePlace ? [value.place.file] : [];
  if (typeof value !== 'object' || value === null || value instanceof FilePlace) return [];
  return Object.values(value).flatMap(filesBelow);
}
