/** Both sides of a change: of a group of values, only what differs, a line each. */
import { texts } from '../texts.ts';

export function Change({ before, after }: { before: string; after: string }) {
  const words = texts.audit;
  const [old, now] = [groupIn(before), groupIn(after)];
  if (!old || !now || (before === '' && after === '')) return words.change(before, after);
  const keys = [...new Set([...old.keys(), ...now.keys()])];
  return keys
    .filter((key) => old.get(key) !== now.get(key))
    .map((key) => (
      <div key={key}>
        {before === ''
          ? words.said(key, now.get(key) ?? '')
          : after === ''
            ? words.said(key, old.get(key) ?? '')
            : words.changed(key, old.get(key) ?? '', now.get(key) ?? '')}
      </div>
    ));
}

/** The values of a group by their key, as texts; nothing is a group without any. Undefined: it is no group. */
function groupIn(text: string): ReadonlyMap<string, string> | undefined {
  if (text === '') return new Map();
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return new Map(Object.entries(value).map(([key, each]) => [key, valueText(each)]));
  } catch {
    return undefined;
  }
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueText).join(', ');
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([key, each]) => `${key} ${valueText(each)}`)
    .join('; ');
}
