/**
 * Paths of Graph in one shape: the alias `myorganization` left out, keys in brackets as segments of their own, names of
 * actions without their namespace.
 */

/**
 * The segments behind `v1.0`. `users('a')` becomes `users`, `a`; `applications(appId='a')` becomes `applications`, `appId=a`.
 * Names of collections and actions are matched in any case by whoever reads them; keys stay as they are.
 */
export function graphPath(segments: readonly string[]): string[] {
  const start = segments[1]?.toLowerCase() === 'myorganization' ? 2 : 1;
  return segments.slice(start).flatMap(split);
}

function split(segment: string): string[] {
  const keyed = /^(\w+)\((?:(\w+)=)?'((?:[^']|'')*)'\)$/.exec(segment);
  if (!keyed) return [segment.replace(/^microsoft\.graph\./i, '')];
  const [, name = '', property, quoted = ''] = keyed;
  const value = quoted.replaceAll("''", "'");
  return [name, property === undefined ? value : `${property}=${value}`];
}

/** The value of an alternate key segment such as `appId=…`; undefined for an object id. */
export function alternateKey(segment: string, property: string): string | undefined {
  const prefix = `${property}=`;
  return segment.toLowerCase().startsWith(prefix.toLowerCase()) ? segment.slice(prefix.length) : undefined;
}
