/**
 * Sizes and times as people write them: `36 MB`, `5 min`, `2 d`. A bare number is bytes, or seconds.
 */

const bytesPer: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1_000,
  mb: 1_000_000,
  gb: 1_000_000_000,
  kib: 1_024,
  mib: 1_048_576,
  gib: 1_073_741_824,
};

const msPer: Readonly<Record<string, number>> = {
  ms: 1,
  '': 1_000,
  s: 1_000,
  sec: 1_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Bytes of `36 MB`, `1 MiB`, `4096` or 4096; undefined when it is no size. MB is a million bytes, MiB 1,048,576. */
export function parseSize(value: string | number): number | undefined {
  return parseQuantity(value, bytesPer);
}

/** Milliseconds of `5 min`, `2 d`, `1 h 30 min` or 30 (seconds); undefined when it is no length of time. */
export function parseDuration(value: string | number): number | undefined {
  if (typeof value === 'number') return parseQuantity(value, msPer);
  const parts = value.match(/\d[\d_]*(?:\.\d+)?\s*[a-z]+/gi) ?? [];
  if (parts.length < 2) return parseQuantity(value, msPer);
  if (parts.join('').replace(/\s/g, '') !== value.replace(/\s/g, '')) return undefined;
  let sum = 0;
  for (const part of parts) {
    const ms = parseQuantity(part, msPer);
    if (ms === undefined) return undefined;
    sum += ms;
  }
  return sum;
}

function parseQuantity(value: string | number, units: Readonly<Record<string, number>>): number | undefined {
  const found = /^\s*(\d[\d_]*(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(String(value));
  const unit = units[(found?.[2] ?? '').toLowerCase()];
  if (!found || unit === undefined || !Object.hasOwn(units, (found[2] ?? '').toLowerCase())) return undefined;
  const amount = Math.round(Number((found[1] ?? '').replaceAll('_', '')) * unit);
  return Number.isSafeInteger(amount) ? amount : undefined;
}
