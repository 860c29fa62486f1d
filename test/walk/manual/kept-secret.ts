/** The secret that a set-up has put away, found as the product finds it: by the connector's own file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findVault, loadConfig } from '../../../src/config/load.ts';
import type { Place } from './place.ts';

export interface KeptSecret {
  readonly secret: string;
  /** What stands on disk: the sealed vault. */
  readonly vaultFile: string;
}

/** undefined before there is a connector with a secret. */
export function keptSecret({ setupFolder }: Place): KeptSecret | undefined {
  const file = join(setupFolder, 'connector.yaml');
  const readFile = (path: string) => readFileSync(path, 'utf8');
  const loaded = loadConfig({ file, env: {}, readFile, hostname: 'localhost' });
  const connector = loaded.ok ? loaded.config.connectors[0] : undefined;
  if (connector?.kind !== 'graph' || connector.credential.kind !== 'secret') return undefined;
  return { secret: connector.credential.secret.reveal(), vaultFile: findVault({ file, env: {}, readFile }).file };
}
