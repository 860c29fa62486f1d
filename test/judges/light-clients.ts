/** The clients that are small and quick enough for the test suite; all but the CLI for Microsoft 365. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isToolThere } from '../../scripts/test-tools.mjs';
import { type Ended, run } from './stage.ts';

/** Package or program → file of the client. */
export const lightClients: Readonly<Record<string, string>> = {
  '@azure/msal-node': 'msal-node.ts',
  '@azure/identity': 'azure-identity.ts',
  oauth4webapi: 'oauth4webapi.ts',
  '@microsoft/microsoft-graph-client': 'graph-client.ts',
  '@microsoft/msgraph-sdk': 'msgraph-sdk.ts',
  nodemailer: 'nodemailer.ts',
  curl: 'curl.ts',
};

/** Why a client cannot be asked; undefined when it can. */
export function whyAbsent(name: string): string | undefined {
  if (name === 'curl') return isToolThere('curl') ? undefined : 'the program curl is not installed';
  const roots = [import.meta.dirname, join(import.meta.dirname, '..', '..')];
  return roots.some((root) => existsSync(join(root, 'node_modules', name)))
    ? undefined
    : `the package could not be installed; is there a way to the npm registry?`;
}

/** Lets a client judge. What it objects to stands on its stderr, and its status is not 0 then. */
export function judge(file: string, env: Readonly<Record<string, string>>): Promise<Ended> {
  return run(process.execPath, [join(import.meta.dirname, 'clients', file)], env);
}
