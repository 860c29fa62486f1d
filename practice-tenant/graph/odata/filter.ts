/** Whether an object passes a `$filter`. The directory compares strings without regard to case. */
import type { Comparison, Filter, FilterValue } from './filter-parser.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** The variables of any() by their names in lower case. */
type Scope = ReadonlyMap<string, unknown>;

export function matches(item: JsonObject, filter: Filter, scope: Scope = new Map()): boolean {
  switch (filter.kind) {
    case 'and':
      return matches(item, filter.left, scope) && matches(item, filter.right, scope);
    case 'or':
      return matches(item, filter.left, scope) || matches(item, filter.right, scope);
    case 'not':
      return !matches(item, filter.inner, scope);
    case 'compare':
      return compare(valueAt(item, filter.path, scope), filter.operator, filter.value);
    case 'in': {
      const value = valueAt(item, filter.path, scope);
      return filter.values.some((each) => compare(value, 'eq', each));
    }
    case 'call': {
      const value = valueAt(item, filter.path, scope);
      if (typeof value !== 'string') return false;
      const [text, part] = [value.toLowerCase(), filter.value.toLowerCase()];
      if (filter.name === 'startswith') return text.startsWith(part);
      return filter.name === 'endswith' ? text.endsWith(part) : text.includes(part);
    }
    case 'any': {
      const list = valueAt(item, filter.path, scope);
      if (!Array.isArray(list)) return false;
      const { inner, variable } = filter;
      if (!inner) return list.length > 0;
      return list.some((each) => matches(item, inner, new Map([...scope, [variable.toLowerCase(), each]])));
    }
  }
}

/** What stands at a path of properties; names in any case. */
export function valueAt(item: unknown, path: readonly string[], scope: Scope = new Map()): unknown {
  const [first = '', ...rest] = path;
  const bound = first.toLowerCase();
  let [value, names]: [unknown, readonly string[]] = scope.has(bound) ? [scope.get(bound), rest] : [item, path];
  for (const name of names) {
    if (typeof value !== 'object' || value === null) return undefined;
    const wanted = name.toLowerCase();
    value = Object.entries(value).find(([key]) => key.toLowerCase() === wanted)?.[1];
  }
  return value;
}

function compare(value: unknown, operator: Comparison, wanted: FilterValue): boolean {
  const [left, right] = [comparable(value), comparable(wanted)];
  switch (operator) {
    case 'eq':
      return left === right;
    case 'ne':
      return left !== right;
    default: {
      if (left === null || right === null || typeof left !== typeof right) return false;
      if (operator === 'gt') return left > right;
      if (operator === 'ge') return left >= right;
      return operator === 'lt' ? left < right : left <= right;
    }
  }
}

function comparable(value: unknown): string | number | boolean | null {
  if (typeof value === 'string') return value.toLowerCase();
  return typeof value === 'number' || typeof value === 'boolean' ? value : null;
}
