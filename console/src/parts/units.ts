/** Numbers with their units, and times in the reader's own zone. */
const seconds: readonly [name: string, each: number][] = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
];

/** A span in its largest fitting unit: `2 s`, `5 min`, `3 h`, `4 d`. */
export function spanText(ms: number): string {
  if (ms >= 0 && ms < 1_000) return `${Math.round(ms)} ms`;
  const total = Math.max(0, Math.round(ms / 1_000));
  const unit = seconds.find(([, each]) => total >= each);
  return unit ? `${Math.floor(total / unit[1])} ${unit[0]}` : `${total} s`;
}

export function bytesText(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1_000 ** step).toLocaleString(undefined, { maximumFractionDigits: 1 })} ${units[step]}`;
}

/** Older than this, the year is said. */
const mostBriefMs = 300 * 86_400_000;
const short = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const zoned = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });

const ofToday = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const ofEarlier = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});

/** A time for a list, ms since the epoch: that of today without its date, that of the last months without its year. */
export function briefText(ms: number, now = Date.now()): string {
  if (new Date(ms).toDateString() === new Date(now).toDateString()) return ofToday.format(ms);
  return now - ms < mostBriefMs ? ofEarlier.format(ms) : short.format(ms);
}

/** A time, ms since the epoch. */
export const timeText = (ms: number): string => short.format(ms);
/** With its zone. */
export const zonedText = (ms: number): string => zoned.format(ms);
