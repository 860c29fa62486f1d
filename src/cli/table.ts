/** Aligned columns for people. */
import { stripVTControlCharacters } from 'node:util';

/** Rows under a header; the last column is cut to the width of the terminal. Control characters of mail never reach it. */
export function textTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  columns = Number.POSITIVE_INFINITY,
): string {
  const all = [header, ...rows].map((row) => row.map(clean));
  const widths = header.map((_, index) => Math.max(...all.map((row) => row[index]?.length ?? 0)));
  const lines = all.map((row) =>
    row
      .map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0)))
      .join('  ')
      .slice(0, columns),
  );
  return `${lines.join('\n')}\n`;
}

function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal would obey is what must go.
  return stripVTControlCharacters(text).replace(/[\x00-\x1f\x7f-\x9f]/g, ' ');
}

/** `3 s`, `12 min`, `2 h`, `4 d`: how long ago, or how old. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}
