/** The tokens of an address list (RFC 5322 §3.2), with what makes one of them risky before a lesser reader. */

interface Token {
  readonly start: number;
  readonly end: number;
}

interface Text extends Token {
  /** No character in it that a reader without full grammar takes for a separator, an address or an end. */
  readonly plain: boolean;
  /** Holds `:` or `;`: readers that look for a group's end stumble over these even inside quotes. */
  readonly hasGroupMark: boolean;
}

export type ElementToken =
  | ({ readonly kind: 'word'; readonly encoded: boolean } & Text)
  | ({ readonly kind: 'quoted' | 'comment' } & Text)
  | ({ readonly kind: 'at' | 'angle' | 'literal' | 'other' } & Token);

export type ListToken =
  | ElementToken
  | ({ readonly kind: 'blank' } & Token)
  | ({ readonly kind: ',' } & Token)
  | ({ readonly kind: ':' } & Token)
  | ({ readonly kind: ';' } & Token);

/** Nobody can say where a part of the list ends. */
export class UnreadableList extends Error {}

const blanks = /[ \t\r\n]+/y;
// Not \s: a byte A0, part of many letters in UTF-8, would count as a blank.
const word = /[^ \t\r\n"(),:;<>@[\]\\]+/y;
// Sticky, and its inner runs stop at the next '?': a list of beginnings costs no more than its length.
const encodedWord = /=\?[^ \t\r\n?]{1,60}\?[bq]\?[^ \t\r\n?]{0,998}\?=/iy;

/** The token that starts at `at`. Throws UnreadableList. */
export function readToken(value: string, at: number): ListToken {
  const char = value.charAt(at);
  switch (char) {
    case ' ':
    case '\t':
    case '\r':
    case '\n':
      return { kind: 'blank', start: at, end: matchEnd(blanks, value, at) };
    case ',':
    case ':':
    case ';':
      return { kind: char, start: at, end: at + 1 };
    case '@':
      return { kind: 'at', start: at, end: at + 1 };
    case '"':
      return text('quoted', value, at, quotedEnd(value, at));
    case '(':
      return readComment(value, at);
    case '<':
      return { kind: 'angle', start: at, end: angleEnd(value, at) };
    case '[':
      return { kind: 'literal', start: at, end: literalEnd(value, at) };
    case '>':
    case ')':
    case ']':
    case '\\':
      return { kind: 'other', start: at, end: at + 1 };
    default:
      return readWord(value, at);
  }
}

function readWord(value: string, at: number): ElementToken {
  // Control characters: one reader stops at a NUL, the next skips it, ISO-2022-JP switches its alphabet by ESC.
  if (isControl(value.charCodeAt(at))) throw new UnreadableList();
  const encodedEnd = value.charAt(at) === '=' ? matchEnd(encodedWord, value, at) : at;
  const encoded = encodedEnd > at;
  const end = encoded ? encodedEnd : matchEnd(word, value, at);
  if (end === at) throw new UnreadableList();
  const inner = value.slice(at, end);
  refuseControls(inner);
  const plain = !encoded || !/[",;:<>()@[\]\\]/.test(inner);
  return { kind: 'word', encoded, start: at, end, plain, hasGroupMark: false };
}

function readComment(value: string, at: number): ElementToken {
  let depth = 0;
  let nested = false;
  for (let index = at; index < value.length; index += 1) {
    const char = value.charAt(index);
    if (char === '\\') index += 1;
    else if (char === '(') depth += 1;
    else if (char === ')') depth -= 1;
    if (depth > 1) nested = true;
    if (depth === 0) {
      const token = text('comment', value, at, index + 1);
      const inner = value.slice(at + 1, index);
      return { ...token, plain: !nested && !/[\\"<>@;:]/.test(inner) };
    }
  }
  throw new UnreadableList();
}

function text(kind: 'quoted' | 'comment', value: string, start: number, end: number): Text & { kind: typeof kind } {
  const inner = value.slice(start, end);
  refuseControls(inner);
  return { kind, start, end, plain: true, hasGroupMark: /[:;]/.test(inner) };
}

function quotedEnd(value: string, at: number): number {
  for (let index = at + 1; index < value.length; index += 1) {
    const char = value.charAt(index);
    if (char === '\\') index += 1;
    else if (char === '"') return index + 1;
  }
  throw new UnreadableList();
}

function angleEnd(value: string, at: number): number {
  for (let index = at + 1; index < value.length; index += 1) {
    const char = value.charAt(index);
    if (char === '"') index = quotedEnd(value, index) - 1;
    else if (char === '<') break;
    else if (char === '>') {
      refuseControls(value.slice(at, index));
      return index + 1;
    }
  }
  throw new UnreadableList();
}

function literalEnd(value: string, at: number): number {
  // Longer than any address literal of RFC 5321 §4.1.3; a bracket that stays open longer is none.
  const end = value.slice(at, at + 260).search(/^\[[\w.:-]*\]/) === 0 ? value.indexOf(']', at) + 1 : -1;
  if (end === -1) throw new UnreadableList();
  return end;
}

function matchEnd(pattern: RegExp, value: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(value) ? pattern.lastIndex : at;
}

function isControl(code: number): boolean {
  return code < 9 || code === 11 || code === 12 || (code > 13 && code < 32) || code === 127;
}

function refuseControls(inner: string): void {
  for (let index = 0; index < inner.length; index += 1)
    if (isControl(inner.charCodeAt(index))) throw new UnreadableList();
}
