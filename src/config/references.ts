/**
 * What ties the parts of a configuration together: names that must be there, and names that must not be there twice.
 * Looks at the plain input, so that it is told at once, whatever else is wrong.
 */
import { nearestName } from './nearest-name.ts';
import { type ConfigProblem, type KeyPath, keyText, type Locate, problemAt } from './problem.ts';

type Group = Readonly<Record<string, unknown>>;

export function checkReferences(value: unknown, locate: Locate): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const complain = (path: KeyPath, words: string) => problems.push(problemAt(locate, path, words));
  const lists = ['smtp', 'http', 'clients', 'connectors', 'routes', 'alerts'] as const;
  for (const list of lists) unique(groups(value, list), list, 'name', complain);
  unique(groups(value, 'clients'), 'clients', 'login', complain);
  uniqueListeners(value, complain);
  needsWayOut(value, complain);

  const connectors = groups(value, 'connectors').map((connector) => String(connector['name'] ?? 'default'));
  const clients = groups(value, 'clients').map((client) => String(client['name']));
  const refer = (path: KeyPath, name: unknown, known: readonly string[], what: string) => {
    if (typeof name !== 'string' || known.includes(name) || known.length === 0) return;
    const meant = nearestName(name, known);
    complain(
      path,
      `names the ${what} "${name}", which is not there. ${meant ? `Did you mean ${meant}?` : `Known: ${known.join(', ')}.`}`,
    );
  };
  for (const list of ['clients', 'routes', 'alerts'] as const)
    for (const [index, group] of groups(value, list).entries())
      refer([list, index, 'connector'], group['connector'], connectors, 'connector');
  for (const [index, route] of groups(value, 'routes').entries()) {
    const listed: unknown = route['connectors'];
    for (const [place, name] of (Array.isArray(listed) ? listed : []).entries())
      refer(['routes', index, 'connectors', place], name, connectors, 'connector');
    const wanted = isGroup(route['when']) ? route['when']['client'] : undefined;
    for (const name of [wanted].flat()) refer(['routes', index, 'when', 'client'], name, clients, 'client');
  }
  return problems;
}

function unique(
  items: readonly Group[],
  list: string,
  key: string,
  complain: (path: KeyPath, words: string) => void,
): void {
  const seen = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    const name = item[key] ?? (list === 'connectors' && key === 'name' ? 'default' : undefined);
    if (typeof name !== 'string') continue;
    const before = seen.get(name);
    if (before === undefined) seen.set(name, index);
    else
      complain(
        [list, index, key],
        `is "${name}", as ${keyText([list, before, key])} is. Give each a ${key} of its own.`,
      );
  }
}

/** A server without a way out is of use only while somebody can give it one. */
function needsWayOut(value: unknown, complain: (path: KeyPath, words: string) => void): void {
  const root = isGroup(value) ? value : {};
  const { connectors = [], console: settings } = root;
  if (!Array.isArray(connectors) || connectors.length > 0) return;
  if (isGroup(settings) && settings['listen'] !== undefined) return;
  complain(
    ['connectors'],
    `is ${root['connectors'] === undefined ? 'missing' : 'empty'}: Mailroom has no way out. Add a connector with oauthClientId, tenantId, userName and secret; or console.listen, to set one up in the browser.`,
  );
}

/** Two listeners cannot have one port of one address; port 0 is always another one. */
function uniqueListeners(value: unknown, complain: (path: KeyPath, words: string) => void): void {
  const seen = new Map<string, string>();
  const look = (path: KeyPath, text: unknown) => {
    if (typeof text !== 'string' || text.endsWith(':0')) return;
    const before = seen.get(text);
    if (before === undefined) seen.set(text, keyText(path));
    else complain(path, `is ${text}, as ${before} is. Give each listener a port of its own.`);
  };
  for (const list of ['smtp', 'http'] as const)
    for (const [index, item] of groups(value, list).entries()) look([list, index, 'listen'], item['listen']);
  for (const [group, key] of [
    ['console', 'listen'],
    ['observe', 'metricsListen'],
  ] as const) {
    const within = isGroup(value) ? value[group] : undefined;
    if (isGroup(within)) look([group, key], within[key]);
  }
}

function groups(value: unknown, list: string): readonly Group[] {
  const items = isGroup(value) ? value[list] : undefined;
  return Array.isArray(items) ? items.map((item: unknown) => (isGroup(item) ? item : {})) : [];
}

function isGroup(value: unknown): value is Group {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
