/**
 * A secret that was put in once is never shown again; it must not be had by sending it elsewhere either. Who changes the
 * host that a kept secret goes to gives the secret again, and what proves itself without one stays with Microsoft's hosts.
 */
import type { FieldProblem, SettingsListName } from '../admin/http/settings-port.ts';
import type { Config } from '../config/schema.ts';

/** Where an item's credential goes, and under which key it is kept. */
interface Destination {
  readonly key: string;
  /** The key that says where. */
  readonly says: string;
  readonly place: string;
  /** Nothing has to be given for it: whoever runs there has it. */
  readonly isAmbient: boolean;
}

function connectorDestination(config: Config, name: string): Destination | undefined {
  const connector = config.connectors.find((each) => each.name === name);
  if (!connector) return undefined;
  if (connector.kind === 'smtp') {
    const { auth, host, port, tls } = connector;
    return auth && { key: 'password', says: 'host', place: JSON.stringify([host, port, tls]), isAmbient: false };
  }
  const { kind } = connector.credential;
  return {
    key: kind === 'managed-identity' ? 'managedIdentity' : kind,
    says: 'cloud',
    // By Graph or by SMTP: the tokens that it gets are worth as much as the credential.
    place: JSON.stringify(connector.cloud),
    isAmbient: kind === 'federated' || kind === 'managed-identity',
  };
}

function alertDestination(config: Config, name: string): Destination | undefined {
  const way = config.alerts.find((each) => each.name === name);
  if (way?.kind !== 'smtp' || way.password === undefined) return undefined;
  return { key: 'password', says: 'host', place: JSON.stringify([way.host, way.port, way.tls]), isAmbient: false };
}

function destinationOf(list: SettingsListName, config: Config, name: string): Destination | undefined {
  if (list === 'connectors') return connectorDestination(config, name);
  return list === 'alerts' ? alertDestination(config, name) : undefined;
}

/**
 * What is wrong with where a change sends a secret; empty as a rule.
 * @param given keys that the change sets; @param fixed keys that the file or the environment sets, with their place
 */
export function movedSecrets(
  item: { readonly list: SettingsListName; readonly name: string },
  [before, after]: readonly [Config, Config],
  given: readonly string[],
  fixed: Readonly<Record<string, string>>,
): readonly FieldProblem[] {
  const had = destinationOf(item.list, before, item.name);
  const has = destinationOf(item.list, after, item.name);
  if (!has || has.place === had?.place) return [];
  if (has.isAmbient)
    return /custom/.test(has.place) && given.includes(has.says)
      ? [{ field: has.says, sentence: 'can name other hosts than Microsoft’s for this credential in the file alone.' }]
      : [];
  if (had?.key !== has.key || given.includes(has.key)) return [];
  const place = fixed[has.key];
  return place === undefined
    ? [{ field: has.key, sentence: `must be put in again: with another ${has.says} it would go to another place.` }]
    : [{ field: has.says, sentence: `cannot be changed here: ${has.key}, which would go there, stands in ${place}.` }];
}
