/** The few figures of statistics that the benchmarks state. */

/** The value below which `share` (0 to 1) of the values lie; null for none. Nearest rank. */
export function percentile(values: readonly number[] | Float64Array, share: number): number | null {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

/** The middle value, or the mean of the two middle ones; null for none. */
export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  return upper === undefined || lower === undefined ? null : (upper + lower) / 2;
}

/** `a / b`, to two places; null when either is missing or `b` is 0. */
export function ratio(a: number | null, b: number | null): number | null {
  return a === null || b === null || b === 0 ? null : round(a / b, 2);
}

/** Rounds to so many places behind the point; null stays null. */
export function round<T extends number | null>(value: T, places: number): T | number {
  return value === null ? value : Math.round(value * 10 ** places) / 10 ** places;
}
