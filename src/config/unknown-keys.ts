/**
 * Takes keys that the schema does not know out of a configuration, and says so with the name that was probably meant.
 * Done before the schema sees it, since the schema would report nothing else about a group with an unknown key in it.
 */
import { nearestName } from './nearest-name.ts';
import { type ConfigProblem, type KeyPath, type Locate, problemAt } from './problem.ts';
import { itemsOf, keysOf, meantBy, type SchemaNode } from './schema-node.ts';

export interface KnownPart {
  readonly value: unknown;
  readonly problems: readonly ConfigProblem[];
}

export function keepKnownKeys(value: unknown, schema: SchemaNode, locate: Locate): KnownPart {
  const problems: ConfigProblem[] = [];
  const visit = (part: unknown, node: SchemaNode, path: KeyPath): unknown => {
    if (Array.isArray(part)) {
      const items = itemsOf(node);
      return items ? part.map((item, index) => visit(item, items, [...path, index])) : part;
    }
    const keys = keysOf(meantBy(node, part));
    if (typeof part !== 'object' || part === null || !keys) return part;
    const kept: Record<string, unknown> = {};
    for (const [key, inner] of Object.entries(part)) {
      const child = Object.hasOwn(keys, key) ? keys[key] : undefined;
      if (!child) problems.push(problemAt(locate, [...path, key], unknownKey(key, Object.keys(keys))));
      // A key without a value is how people leave a group empty while they write it.
      else if (inner !== null) kept[key] = visit(inner, child, [...path, key]);
    }
    return kept;
  };
  return { value: visit(value, schema, []), problems };
}

function unknownKey(key: string, known: readonly string[]): string {
  const meant = nearestName(key, known);
  return meant === undefined
    ? `is not known. Remove it, or use one of: ${known.join(', ')}.`
    : `is not known. Did you mean ${meant}?`;
}
