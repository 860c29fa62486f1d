/**
 * Configuration by environment: the four fields of the default connector under names of their own, and any value as
 * `MAILROOM__PATH__TO__KEY`. What the environment says goes before what the file says.
 *
 * Items of lists are chosen by position (`MAILROOM__SMTP__0__LISTEN`) or by name (`MAILROOM__CLIENTS__PRINTERS__LOGIN`);
 * one that is not there is made. `_FILE` at the end names a file that holds the value.
 */
import { nearestName, plainName } from './nearest-name.ts';
import { type ConfigProblem, type KeyPath, keyText, problemAt } from './problem.ts';
import { alternatives, itemsOf, keysOf, type SchemaNode, takes } from './schema-node.ts';
import { reason } from './secret.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The fields that an administrator fills in, and where they go in the default connector. */
export const connectorVariables = {
  MAILROOM_OAUTH_CLIENT_ID: 'oauthClientId',
  MAILROOM_TENANT_ID: 'tenantId',
  MAILROOM_USER_NAME: 'userName',
  MAILROOM_CLIENT_SECRET: 'secret',
} as const;

const general = 'MAILROOM__';

export interface AppliedEnvironment {
  readonly value: unknown;
  readonly problems: readonly ConfigProblem[];
  /** Variable that a path was set by, under the text of the path. */
  readonly setBy: ReadonlyMap<string, string>;
}

interface Finding {
  readonly path: (string | number)[];
  readonly node: SchemaNode;
}

/** Puts what the environment says over `base`, which is left as it was. */
export function applyEnvironment(
  base: unknown,
  schemaOf: () => SchemaNode,
  env: Environment,
  readFile: (path: string) => string,
): AppliedEnvironment {
  const value = structuredClone(base);
  const problems: ConfigProblem[] = [];
  const setBy = new Map<string, string>();
  const complain = (variable: string, words: string) =>
    problems.push(problemAt(() => ({ source: `environment ${variable}` }), [], words));

  for (const variable of Object.keys(env).sort()) {
    const text = env[variable];
    if (text === undefined || !variable.startsWith('MAILROOM_')) continue;
    const schema = schemaOf();
    const target = variable.startsWith(general)
      ? generalTarget(value, schema, variable)
      : connectorTarget(value, schema, variable);
    if (target === undefined) continue;
    if ('words' in target) {
      complain(variable, target.words);
      continue;
    }
    const content = target.fromFile ? contentOf(text, readFile) : { text };
    if ('words' in content) {
      complain(variable, content.words);
      continue;
    }
    const { path, node } = target.finding;
    const scalar = scalarFor(node, content.text);
    if (scalar === undefined) {
      complain(variable, `names ${keyText(path)}, which is a group. Set one of the keys in it.`);
      continue;
    }
    if (!put(value, path, scalar))
      complain(variable, `names ${keyText(path)}, which does not fit the configuration file.`);
    else setBy.set(keyText(path), variable);
  }
  return { value, problems, setBy };
}

type Target = { readonly finding: Finding; readonly fromFile: boolean } | { readonly words: string } | undefined;

function connectorTarget(value: unknown, schema: SchemaNode, variable: string): Target {
  const fromFile = variable.endsWith('_FILE');
  const plain = fromFile ? variable.slice(0, -'_FILE'.length) : variable;
  const field = Object.entries(connectorVariables).find(([name]) => name === plain)?.[1];
  const node = field && keysOf(itemsOf(keysOf(schema)?.['connectors'] ?? {}) ?? {})?.[field];
  if (field && node) return { finding: { path: ['connectors', defaultConnector(value), field], node }, fromFile };
  // Other parts have variables of their own, so that only what is nearly one of these is taken for a mistake.
  const meant = Object.keys(connectorVariables).find((name) => nearestName(plain, [name]) && closeTo(plain, name));
  return meant ? { words: `is not known. Did you mean ${meant}${fromFile ? '_FILE' : ''}?` } : undefined;
}

/** At most a few letters apart; the common prefix makes all these names look alike otherwise. */
function closeTo(one: string, other: string): boolean {
  const [short, long] = [one.replace('MAILROOM_', ''), other.replace('MAILROOM_', '')];
  return nearestName(short, [long]) !== undefined;
}

function defaultConnector(value: unknown): number {
  const list = isGroup(value) ? value['connectors'] : undefined;
  if (!Array.isArray(list)) return 0;
  const named = list.findIndex((item: unknown) => isGroup(item) && item['name'] === 'default');
  return named === -1 ? 0 : named;
}

function generalTarget(value: unknown, schema: SchemaNode, variable: string): Target {
  const segments = variable.slice(general.length).split('__');
  const whole = walk(value, schema, segments);
  if ('path' in whole) return { finding: whole, fromFile: false };
  const last = segments.at(-1) ?? '';
  if (/_FILE$/i.test(last)) {
    const found = walk(value, schema, [...segments.slice(0, -1), last.slice(0, -'_FILE'.length)]);
    if ('path' in found) return { finding: found, fromFile: true };
  }
  const right = whole.nearest === undefined ? undefined : [...segments.slice(0, whole.at), whole.nearest].join('__');
  const hint = right ? `Did you mean ${general}${right}?` : `Known here: ${whole.known.join(', ')}.`;
  return { words: `is not known: there is no ${segments[whole.at]}. ${hint}` };
}

interface Astray {
  readonly at: number;
  readonly nearest: string | undefined;
  readonly known: readonly string[];
}

function walk(value: unknown, schema: SchemaNode, segments: readonly string[]): Finding | Astray {
  const path: (string | number)[] = [];
  let node = schema;
  let here: unknown = value;
  for (const [at, segment] of segments.entries()) {
    const items = itemsOf(node);
    const keys = keysOf(node) ?? {};
    const key = Object.keys(keys).find((each) => plainName(each) === plainName(segment));
    if (items && keysOf(items)) {
      const index = listIndex(here, segment);
      path.push(index);
      if (Array.isArray(here) && index < here.length) here = here[index];
      else {
        const made = /^\d+$/.test(segment) ? {} : { name: segment.toLowerCase().replaceAll('_', '-') };
        if (Array.isArray(here)) here.push(made);
        here = made;
      }
      node = items;
    } else if (key !== undefined) {
      path.push(key);
      node = keys[key] ?? {};
      // Lists are made as they are walked, so that a new item keeps the name it was called by.
      if (isGroup(here) && here[key] === undefined && keysOf(itemsOf(node) ?? {})) here[key] = [];
      here = isGroup(here) ? here[key] : undefined;
    } else {
      const known = Object.keys(keys).map(variableName);
      return { at, nearest: nearestName(segment, known), known };
    }
  }
  return { path, node };
}

function listIndex(list: unknown, segment: string): number {
  const length = Array.isArray(list) ? list.length : 0;
  // A gap in a list would be an item that nobody wrote.
  if (/^\d+$/.test(segment)) return Math.min(Number(segment), length);
  if (!Array.isArray(list)) return 0;
  const named = list.findIndex(
    (item: unknown) => isGroup(item) && plainName(String(item['name'])) === plainName(segment),
  );
  return named === -1 ? length : named;
}

/** `EXPIRE_AFTER` of `expireAfter`. */
export function variableName(key: string): string {
  return key.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();
}

function contentOf(path: string, readFile: (path: string) => string): { text: string } | { words: string } {
  try {
    return { text: readFile(path).trim() };
  } catch (error) {
    return {
      words: `names the file ${path}, which cannot be read (${reason(error)}). Correct the path or its rights.`,
    };
  }
}

/** The text as the type that the schema wants; texts with commas become lists. undefined: it is a group there. */
function scalarFor(node: SchemaNode, text: string): unknown {
  if (takes(node, 'string') || alternatives(node).some((each) => typeof each['const'] === 'string')) return text;
  if (takes(node, 'boolean'))
    return /^(true|yes|on|1)$/i.test(text) || (/^(false|no|off|0)$/i.test(text) ? false : text);
  if (takes(node, 'number') || takes(node, 'integer')) return /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text;
  const items = itemsOf(node);
  if (items && takes(items, 'string')) return text.split(',').map((item) => item.trim());
  return undefined;
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Sets the value at a path, making groups and lists on the way; false when something else stands in the way. */
function put(root: unknown, path: KeyPath, value: unknown): boolean {
  let here = root;
  for (const [index, step] of path.entries()) {
    const last = index === path.length - 1;
    const next = last ? value : typeof path[index + 1] === 'number' ? [] : {};
    if (typeof step === 'number') {
      if (!Array.isArray(here)) return false;
      if (last || here[step] === undefined || here[step] === null) here[step] = next;
      here = here[step];
    } else {
      if (!isGroup(here)) return false;
      if (last || here[step] === undefined || here[step] === null) here[step] = next;
      here = here[step];
    }
  }
  return true;
}
