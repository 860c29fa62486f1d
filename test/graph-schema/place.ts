/**
 * Where a path of Graph leads, by the schema alone: sets, keys, navigation properties, actions.
 * Source: OData URL Conventions 4.01 §4.
 */
import { type GraphSchema, isA, lineage, type Operation, typeUse } from './schema.ts';

export type Place =
  | { readonly kind: 'list'; readonly type: string }
  | { readonly kind: 'entity'; readonly type: string }
  | { readonly kind: 'property'; readonly word: string }
  | { readonly kind: 'action'; readonly name: string; readonly operation: Operation }
  /** `…/$ref` behind a list or behind one of its members. */
  | { readonly kind: 'reference'; readonly list: boolean }
  | { readonly kind: 'count' }
  | { readonly kind: 'value' }
  | { readonly kind: 'batch' };

/** @param path the segments behind the version, with keys as segments of their own. Undefined where the schema has nothing */
export function placeOf(schema: GraphSchema, path: readonly string[]): Place | undefined {
  const [first = '', ...rest] = path;
  if (first.toLowerCase() === '$batch') return rest.length === 0 ? { kind: 'batch' } : undefined;
  const set = member(schema.sets, first);
  const singleton = member(schema.singletons, first);
  let place: Place | undefined = set
    ? { kind: 'list', type: set.value }
    : singleton && { kind: 'entity', type: singleton.value };
  for (const segment of rest) {
    if (!place) return undefined;
    place = step(schema, place, segment);
  }
  return place;
}

function step(schema: GraphSchema, place: Place, segment: string): Place | undefined {
  const name = segment.toLowerCase();
  switch (place.kind) {
    case 'list':
      if (name === '$count') return { kind: 'count' };
      if (name === '$ref') return { kind: 'reference', list: true };
      return (
        action(schema, `${place.type}[]`, segment) ??
        cast(schema, place, segment) ?? { kind: 'entity', type: place.type }
      );
    case 'entity':
      if (name === '$value') return { kind: 'value' };
      if (name === '$ref') return { kind: 'reference', list: false };
      return (
        action(schema, place.type, segment) ?? property(schema, place.type, segment) ?? cast(schema, place, segment)
      );
    case 'property':
      return name === '$value' ? { kind: 'value' } : undefined;
    case 'action':
    case 'reference':
    case 'count':
    case 'value':
    case 'batch':
      return undefined;
  }
}

function property(schema: GraphSchema, type: string, segment: string): Place | undefined {
  for (const each of lineage(schema, type)) {
    const navigation = member(each.type.navigation ?? {}, segment);
    if (navigation) {
      const { name, list } = typeUse(navigation.value);
      return { kind: list ? 'list' : 'entity', type: name };
    }
    const own = member(each.type.properties, segment);
    if (own) return { kind: 'property', word: own.value };
  }
  return undefined;
}

function action(schema: GraphSchema, on: string, segment: string): Place | undefined {
  const found = member(schema.actions, segment);
  const wanted = typeUse(on);
  const operation = found?.value.find((each) => {
    const use = typeUse(each.on);
    return use.list === wanted.list && isA(schema, wanted.name, use.name);
  });
  return found && operation ? { kind: 'action', name: found.name, operation } : undefined;
}

/** A segment that narrows what stands before it to a type based on it. */
function cast(
  schema: GraphSchema,
  place: Extract<Place, { readonly type: string }>,
  segment: string,
): Place | undefined {
  const found = member(schema.types, segment);
  return found && isA(schema, found.name, place.type) ? { ...place, type: found.name } : undefined;
}

/** A member by its name in any case, as Graph takes names in paths. */
function member<T>(record: Readonly<Record<string, T>>, name: string): { name: string; value: T } | undefined {
  const wanted = name.toLowerCase();
  for (const [own, value] of Object.entries(record)) if (own.toLowerCase() === wanted) return { name: own, value };
  return undefined;
}
