/** Writes header fields: those that stay, as they came, and lists of our own, folded. */
import type { HeaderField, RootHeader } from './root-header.ts';

/** Longest line that we write ourselves, in characters; the hard limit is 998 (RFC 5322 §2.1.1). */
const preferredLineLength = 78;

const lineEnds = /\r\r\n|\r\n|\r|\n/g;

/** A field as it came, but with CR LF where the header has other line ends, or none at its last line. */
export function fieldBytes(header: RootHeader, field: HeaderField): Buffer {
  const bytes = header.bytes.subarray(field.start, field.end);
  const complete = bytes.length >= 2 && bytes[bytes.length - 1] === 10 && bytes[bytes.length - 2] === 13;
  if (complete && !header.hasBareLineEnds) return bytes;
  const text = bytes.toString('latin1').replace(/(?:\r\r\n|\r\n|\r|\n)$/, '');
  return Buffer.from(`${withCrLf(text)}\r\n`, 'latin1');
}

/** Text of a folded field with CR LF at each fold. */
export function withCrLf(text: string): string {
  return text.replace(lineEnds, '\r\n');
}

/** The name of a field as it is spelt there. */
export function fieldName(header: RootHeader, field: HeaderField): string {
  return header.bytes.toString('latin1', field.start, field.start + field.name.length);
}

/** Writes a list of latin1 items as a field, with commas, folded between its items. An item may hold folds of its own. */
export function writeList(name: string, items: readonly string[]): Buffer {
  const pieces: string[] = [`${name}:`];
  let lineLength = name.length + 1;
  for (const [index, item] of items.entries()) {
    const text = withCrLf(index < items.length - 1 ? `${item},` : item);
    const fold = text.indexOf('\r\n');
    const firstLine = fold === -1 ? text.length : fold;
    // The first item stays on the line of the name: a line of blanks after a name alone confuses old readers.
    if (index > 0 && lineLength + 1 + firstLine > preferredLineLength) {
      pieces.push('\r\n');
      lineLength = 0;
    }
    pieces.push(' ', text);
    lineLength = fold === -1 ? lineLength + 1 + text.length : text.length - text.lastIndexOf('\r\n') - 2;
  }
  pieces.push('\r\n');
  return Buffer.from(pieces.join(''), 'latin1');
}
