/**
 * Objects with all the properties that Microsoft's schema gives them: what the practice tenant knows nothing of is there
 * too, as null or as an empty list, so that a client may select it.
 */

export function nulls(...names: readonly string[]): Record<string, null> {
  return Object.fromEntries(names.map((name) => [name, null]));
}

export function emptyLists(...names: readonly string[]): Record<string, readonly never[]> {
  return Object.fromEntries(names.map((name) => [name, []]));
}
