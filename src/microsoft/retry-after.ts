/** How long a service wants to be left alone (RFC 9110 §10.2.3): seconds, or a date. */

/** Longest wait that is believed, ms. Longer ones overflow timers, and no service means them. */
const longestMs = 24 * 3_600_000;

/**
 * ms to wait, or `undefined` when the header is absent or unreadable. A date is taken against the service's own `Date`
 * where it is given: a wrong clock here would make it too long or nothing.
 */
export function retryAfterMs(
  value: string | undefined,
  serviceDate: string | undefined,
  now: number,
): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  if (/^\d+(?:\.\d+)?$/.test(text)) return Math.min(longestMs, Math.ceil(Number(text) * 1000));
  const at = Date.parse(text);
  if (Number.isNaN(at) || !/[a-z]/i.test(text)) return undefined;
  const serviceNow = serviceDate === undefined ? Number.NaN : Date.parse(serviceDate);
  return Math.min(longestMs, Math.max(0, at - (Number.isNaN(serviceNow) ? now : serviceNow)));
}
