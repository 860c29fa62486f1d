/** Content-Range of a piece of an upload (RFC 9110 §14.4): `bytes 0-2097151/3483322`. */
export interface ContentRange {
  readonly start: number;
  /** Inclusive. */
  readonly end: number;
  readonly total: number;
}

/** Undefined for what is no range, has its end before its start, or reaches beyond its total. */
export function parseContentRange(text: string): ContentRange | undefined {
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/i.exec(text.trim());
  if (!match) return undefined;
  const [start = 0, end = 0, total = 0] = match.slice(1).map(Number);
  return start <= end && end < total ? { start, end, total } : undefined;
}
