/**
 * Reads what is typed at the prompt: the part of PowerShell's grammar that administrators type to manage Exchange. Statements
 * of commands joined by pipes, parameters with or without a value, quoted and bare words, lists, variables with properties,
 * and assignments. Typographic quotes and dashes count as plain ones, as in PowerShell: manuals are pasted from Word.
 * Source: "about_Parsing", "about_Quoting_Rules", "about_Command_Syntax".
 */

export type Value =
  | { readonly kind: 'constant'; readonly value: string | number | boolean | null }
  /** A string in double quotes: its pieces are joined. */
  | { readonly kind: 'template'; readonly parts: readonly Value[] }
  | { readonly kind: 'list'; readonly items: readonly Value[] }
  | { readonly kind: 'variable'; readonly name: string; readonly path: readonly string[] }
  /** In round brackets: what the pipeline writes, or one property of it. */
  | { readonly kind: 'pipeline'; readonly pipeline: Pipeline; readonly path: readonly string[] };

/** In the order in which they were typed: whether a value belongs to the parameter before it is known to the command alone. */
export type Argument =
  | { readonly kind: 'parameter'; readonly name: string; readonly attached?: Value }
  | { readonly kind: 'value'; readonly value: Value }
  /** In curly brackets, as it stands. */
  | { readonly kind: 'block'; readonly text: string };

export interface Command {
  readonly name: string;
  readonly arguments: readonly Argument[];
}

export interface Pipeline {
  /** What flows into the first command, where a value stands before it. */
  readonly value?: Value;
  readonly commands: readonly Command[];
}

export interface Statement {
  /** Name of the variable, in lower case, that takes what the pipeline writes. */
  readonly assignTo?: string;
  readonly pipeline: Pipeline;
}

/** What cannot be read, and where. */
export class ParseError extends Error {
  constructor(message: string, at: number) {
    super(`ParserError: At line:1 char:${at + 1}: ${message}`);
  }
}

const dash = /[-–—―]/;
const single = /['‘’‚‛]/;
const double = /["“”„]/;
const wordEnd = /[\s|;,(){}]/;
const constants: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
]);
const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '0': '' };
/** Deeper brackets are nobody's command. */
const deepest = 20;

/** @throws ParseError */
export function parseLine(text: string): readonly Statement[] {
  const parser = new LineParser(text);
  return parser.statements();
}

class LineParser {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  statements(): readonly Statement[] {
    const found: Statement[] = [];
    for (;;) {
      this.#skip();
      if (this.#at >= this.#text.length) return found;
      if (this.#takes(';')) continue;
      found.push(this.#statement());
      this.#skip();
      if (this.#at < this.#text.length && !this.#takes(';')) this.#fail(`Unexpected token '${this.#next()}'.`);
    }
  }

  #statement(): Statement {
    const assignment = /^\$(\w+)\s*=(?!=)/.exec(this.#text.slice(this.#at));
    if (!assignment) return { pipeline: this.#pipeline() };
    this.#at += assignment[0].length;
    return { assignTo: (assignment[1] ?? '').toLowerCase(), pipeline: this.#pipeline() };
  }

  #pipeline(): Pipeline {
    this.#skip();
    const commands: Command[] = [];
    const isValue = /^(?:[$('"‘’‚‛“”„@]|\d+(?:[\s|;,)]|$))/.test(this.#text.slice(this.#at));
    const value = isValue ? this.#value() : undefined;
    if (!isValue) commands.push(this.#command());
    for (;;) {
      this.#skip();
      if (!this.#takes('|')) return value ? { value, commands } : { commands };
      this.#skip();
      if (this.#at >= this.#text.length) this.#fail('An empty pipe element is not allowed.');
      commands.push(this.#command());
    }
  }

  #command(): Command {
    const name = this.#bareWord();
    if (name === '') this.#fail(`Unexpected token '${this.#next()}'.`);
    const given: Argument[] = [];
    for (;;) {
      this.#skip();
      const next = this.#next();
      if (next === '' || /[|;)}]/.test(next)) return { name, arguments: given };
      given.push(this.#argument());
    }
  }

  #argument(): Argument {
    if (this.#next() === '{') return { kind: 'block', text: this.#block() };
    const isParameter = dash.test(this.#next()) && /^[a-z]/i.test(this.#text.slice(this.#at + 1));
    if (!isParameter) return { kind: 'value', value: this.#value() };
    this.#at += 1;
    const name = /^\w+/.exec(this.#text.slice(this.#at))?.[0] ?? '';
    this.#at += name.length;
    if (!this.#takes(':')) return { kind: 'parameter', name };
    this.#skip();
    return { kind: 'parameter', name, attached: this.#value() };
  }

  /** One value, or several with commas between them. */
  #value(): Value {
    const items = [this.#atom()];
    for (;;) {
      this.#skip();
      if (!this.#takes(',')) break;
      this.#skip();
      items.push(this.#atom());
    }
    const [only] = items;
    return items.length === 1 && only ? only : { kind: 'list', items };
  }

  #atom(): Value {
    const next = this.#next();
    if (single.test(next)) return { kind: 'constant', value: this.#singleQuoted() };
    if (double.test(next)) return this.#doubleQuoted();
    if (next === '$') return this.#variable();
    if (next === '(') return this.#bracketed();
    if (this.#text.startsWith('@(', this.#at)) return this.#listOf();
    if (next === '@') this.#fail('Only lists may follow "@" at this prompt: @( … ).');
    const word = this.#bareWord();
    if (word === '') this.#fail(next === '' ? 'Missing expression.' : `Unexpected token '${next}'.`);
    return { kind: 'constant', value: /^-?\d{1,15}$/.test(word) ? Number(word) : word };
  }

  #bareWord(): string {
    let word = '';
    while (this.#at < this.#text.length && !wordEnd.test(this.#next())) {
      if (this.#next() === '`') this.#at += 1;
      word += this.#next();
      this.#at += 1;
    }
    return word;
  }

  #singleQuoted(): string {
    const start = this.#at;
    this.#at += 1;
    let text = '';
    for (;;) {
      if (this.#at >= this.#text.length) this.#fail("The string is missing the terminator: '.", start);
      const isEnd = single.test(this.#next());
      if (isEnd && !single.test(this.#text[this.#at + 1] ?? '')) break;
      // Two quotes stand for one.
      if (isEnd) this.#at += 1;
      text += this.#next();
      this.#at += 1;
    }
    this.#at += 1;
    return text;
  }

  #doubleQuoted(): Value {
    const start = this.#at;
    this.#at += 1;
    const parts: Value[] = [];
    let text = '';
    const flush = () => {
      if (text !== '') parts.push({ kind: 'constant', value: text });
      text = '';
    };
    for (;;) {
      if (this.#at >= this.#text.length) this.#fail('The string is missing the terminator: ".', start);
      const next = this.#next();
      if (double.test(next)) {
        this.#at += 1;
        if (!double.test(this.#next())) break;
      } else if (next === '`') {
        this.#at += 1;
        const escaped = this.#next();
        this.#at += 1;
        text += escapes[escaped] ?? escaped;
        continue;
      } else if (next === '$' && /^(?:\w|\{)/.test(this.#text.slice(this.#at + 1))) {
        flush();
        // "$name.txt" is the variable and then text: properties need $( … ).
        parts.push(this.#variable(false));
        continue;
      } else if (next === '$' && this.#text[this.#at + 1] === '(') {
        flush();
        this.#at += 1;
        parts.push(this.#bracketed());
        continue;
      }
      text += this.#next();
      this.#at += 1;
    }
    flush();
    const [only] = parts;
    if (parts.length === 0) return { kind: 'constant', value: '' };
    return parts.length === 1 && only?.kind === 'constant' ? only : { kind: 'template', parts };
  }

  #variable(withPath = true): Value {
    const found = /^\$(?:(\w+)|\{([^}]*)\})/.exec(this.#text.slice(this.#at));
    if (!found) this.#fail("'$' must be followed by the name of a variable.");
    this.#at += found[0].length;
    const name = (found[1] ?? found[2] ?? '').toLowerCase();
    const constant = constants.get(name);
    if (constant !== undefined) return { kind: 'constant', value: constant };
    return { kind: 'variable', name, path: withPath ? this.#path() : [] };
  }

  #path(): readonly string[] {
    const found = /^(?:\.[A-Za-z_]\w*)+/.exec(this.#text.slice(this.#at))?.[0] ?? '';
    this.#at += found.length;
    return found === '' ? [] : found.slice(1).split('.');
  }

  #bracketed(): Value {
    this.#at += 1;
    const pipeline = this.#deeper(() => this.#pipeline());
    this.#close();
    return { kind: 'pipeline', pipeline, path: this.#path() };
  }

  #listOf(): Value {
    this.#at += 2;
    this.#skip();
    if (this.#takes(')')) return { kind: 'list', items: [] };
    const value = this.#deeper(() => this.#value());
    this.#close();
    return value.kind === 'list' ? value : { kind: 'list', items: [value] };
  }

  #close(): void {
    this.#skip();
    if (!this.#takes(')')) this.#fail("Missing closing ')' in expression.");
  }

  #deeper<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > deepest) this.#fail('The brackets are too deep.');
    const result = read();
    this.#depth -= 1;
    return result;
  }

  #block(): string {
    const start = this.#at;
    let open = 0;
    for (; this.#at < this.#text.length; this.#at += 1) {
      if (this.#next() === '{') open += 1;
      if (this.#next() === '}') open -= 1;
      if (open > 0) continue;
      this.#at += 1;
      return this.#text.slice(start + 1, this.#at - 1).trim();
    }
    return this.#fail("Missing closing '}' in statement block.", start);
  }

  /** Blanks, line ends that a backtick escapes, and comments. */
  #skip(): void {
    const found = /^(?:\s|`\r?\n|#[^\n]*)+/.exec(this.#text.slice(this.#at));
    this.#at += found?.[0].length ?? 0;
  }

  #next(): string {
    return this.#text[this.#at] ?? '';
  }

  #takes(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #fail(message: string, at = this.#at): never {
    throw new ParseError(message, at);
  }
}
