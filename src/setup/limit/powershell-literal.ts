/**
 * Values as PowerShell literals, safe against whatever stands in them. Only single quotes are used: nothing is expanded
 * within them, and a quote is doubled. PowerShell takes four other quotation marks for a single quote (its language
 * specification, "verbatim string literals"), so these are doubled as well: a name with a typographic apostrophe would end
 * the string, and what follows would be a command.
 */

export type PowerShellValue = string | boolean | readonly string[];

const singleQuotes = /['\u2018\u2019\u201a\u201b]/g;

/** @throws RangeError for control characters: a line end in a name is never meant, and would break a comment open */
export function powerShellString(text: string): string {
  if (hasControlCharacter(text))
    throw new RangeError(`${JSON.stringify(text)} holds a line end or another control character. Take it out.`);
  return `'${text.replace(singleQuotes, '$&$&')}'`;
}

/** A parameter's value; a list as `@('a', 'b')`. */
export function powerShellValue(value: PowerShellValue): string {
  if (typeof value === 'boolean') return value ? '$true' : '$false';
  return typeof value === 'string' ? powerShellString(value) : `@(${value.map(powerShellString).join(', ')})`;
}

/** Text for a comment of one line. */
export function powerShellComment(text: string): string {
  return `# ${hasControlCharacter(text) ? [...text].map((char) => (hasControlCharacter(char) ? ' ' : char)).join('') : text}`;
}

function hasControlCharacter(text: string): boolean {
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (code < 0x20 || (code >= 0x7f && code <= 0x9f) || code === 0x2028 || code === 0x2029) return true;
  }
  return false;
}
