/** Writes objects as PowerShell shows them: as a list of properties, or as a table. */

/** What stands behind a property, written for people. */
export function textOfValue(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) return `{${value.map(textOfValue).join(', ')}}`;
  if (typeof value === 'object')
    return `@{${Object.entries(value)
      .map(([name, each]) => `${name}=${textOfValue(each)}`)
      .join('; ')}}`;
  return String(value);
}

export type ShownObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is ShownObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The property of this name, in any case; undefined when there is none. */
export function propertyOf(object: ShownObject, name: string): unknown {
  const found = Object.keys(object).find((key) => key.toLowerCase() === name.toLowerCase());
  return found === undefined ? undefined : object[found];
}

/** The columns that stand for names with `*`: those of the first object that has them. */
export function columnsOf(objects: readonly ShownObject[], wanted: readonly string[]): readonly string[] {
  const all = [...new Set(objects.flatMap((each) => Object.keys(each)))];
  if (wanted.length === 0) return all;
  return wanted.flatMap((pattern) => {
    const found = all.filter((name) => matchesWildcard(name, pattern));
    return found.length > 0 || pattern.includes('*') ? found : [pattern];
  });
}

export function matchesWildcard(text: string, pattern: string): boolean {
  const parts = pattern.toLowerCase().split('*');
  const lower = text.toLowerCase();
  const [first = ''] = parts;
  const last = parts.at(-1) ?? '';
  if (parts.length === 1) return lower === first;
  if (!lower.startsWith(first) || !lower.endsWith(last) || lower.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = lower.indexOf(part, at);
    if (found === -1 || found + part.length > lower.length - last.length) return false;
    at = found + part.length;
  }
  return true;
}

export function formatList(objects: readonly ShownObject[], wanted: readonly string[] = []): string {
  const columns = columnsOf(objects, wanted);
  const width = Math.max(0, ...columns.map((name) => name.length));
  const blocks = objects.map((object) =>
    columns.map((name) => `${name.padEnd(width)} : ${textOfValue(propertyOf(object, name))}`).join('\n'),
  );
  return `\n${blocks.join('\n\n')}\n`;
}

export function formatTable(objects: readonly ShownObject[], wanted: readonly string[] = []): string {
  const columns = columnsOf(objects, wanted);
  const rows = objects.map((object) => columns.map((name) => textOfValue(propertyOf(object, name))));
  const widths = columns.map((name, index) => Math.max(name.length, ...rows.map((row) => row[index]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join(' ')
      .trimEnd();
  const rule = columns.map((name) => '-'.repeat(name.length));
  return `\n${[columns, rule, ...rows].map(line).join('\n')}\n`;
}

/** How objects look that were not formatted: the views that Exchange has for some, else a table of up to four properties. */
const views: readonly (readonly [mark: string, columns: readonly string[]])[] = [
  ['InScope', ['RoleName', 'GrantedPermissions', 'AllowedResourceScope', 'ScopeType', 'InScope']],
  ['GroupType', ['Name', 'DisplayName', 'GroupType', 'PrimarySmtpAddress']],
  ['RecipientLimits', ['Name', 'Alias', 'RecipientTypeDetails', 'PrimarySmtpAddress']],
  ['RoleAssigneeName', ['Name', 'Role', 'RoleAssigneeName', 'CustomResourceScope']],
];
const mostColumns = 4;

/** Everything a pipeline wrote, as it is shown when nothing formats it. */
export function formatDefault(values: readonly unknown[]): string {
  const objects = values.filter(isObject);
  const plain = values.filter((value) => !isObject(value) && value !== null && value !== undefined);
  const text = plain.map((value) => `${textOfValue(value)}\n`).join('');
  const [first] = objects;
  if (!first) return text;
  const view = views.find(([mark]) => mark in first)?.[1];
  if (view) return `${text}${formatTable(objects, view)}`;
  return `${text}${Object.keys(first).length > mostColumns ? formatList(objects) : formatTable(objects)}`;
}
