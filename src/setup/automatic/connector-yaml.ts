/** The connector that a set-up has made, as configuration. */
import { stringify } from 'yaml';
import type { SetupState } from './setup-state.ts';

export interface ConnectorFacts {
  readonly userName: string;
  /** A cloud by name, or the hosts of a custom one. */
  readonly cloud: string | { readonly login: string; readonly graph: string };
  readonly caFile?: string;
}

/** @throws Error when the set-up has not come as far as a credential */
export function connectorYaml(state: SetupState, { userName, cloud, caFile }: ConnectorFacts): string {
  const { application, credential, tenantId } = state;
  if (!application || !credential) throw new Error('The set-up has made no credential yet.');
  const [first, key] = credential.files;
  return stringify({
    connectors: [
      {
        name: 'default',
        kind: 'graph',
        cloud: typeof cloud === 'string' ? cloud : { custom: cloud },
        oauthClientId: application.appId,
        tenantId,
        userName,
        ...(credential.kind === 'certificate'
          ? { certificate: { certificate: first, key } }
          : { secret: { file: first } }),
        ...(caFile ? { caFile } : {}),
      },
    ],
  });
}
