/**
 * `$filter` as far as clients of the directory use it: eq, ne, gt, ge, lt, le, in, and, or, not, startswith, endswith and
 * any(). Read by recursive descent; a hostile filter ends at a limit and not in the stack.
 * Source: OData 4.01 URL conventions §5.1.1; Graph "Use the $filter query parameter".
 */

export type FilterValue = string | number | boolean | null;
export type Comparison = 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le';

export type Filter =
  | { readonly kind: 'and' | 'or'; readonly left: Filter; readonly right: Filter }
  | { readonly kind: 'not'; readonly inner: Filter }
  | {
      readonly kind: 'compare';
      readonly path: readonly string[];
      readonly operator: Comparison;
      readonly value: FilterValue;
    }
  | { readonly kind: 'in'; readonly path: readonly string[]; readonly values: readonly FilterValue[] }
  | {
      readonly kind: 'call';
      readonly name: 'startswith' | 'endswith' | 'contains';
      readonly path: readonly string[];
      readonly value: string;
    }
  /** Without `inner`: is there any at all. */
  | { readonly kind: 'any'; readonly path: readonly string[]; readonly variable: string; readonly inner?: Filter };

/** The filter cannot be read; `position` counts characters from 0. */
export class FilterSyntaxError extends Error {
  readonly position: number;
  constructor(message: string, position: number) {
    super(message);
    this.position = position;
  }
}

interface Token {
  readonly kind: 'name' | 'string' | 'literal' | 'sign' | 'end';
  readonly text: string;
  readonly at: number;
}

const tokenLimit = 1000;
const depthLimit = 50;
const tokenPattern =
  /\s*(?:'((?:[^']|'')*)'|([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d))?|-?\d+(?:\.\d+)?)(?![\w])|([A-Za-z_]\w*)|([(),:/]))/iy;

function tokens(text: string): Token[] {
  const found: Token[] = [];
  const pattern = new RegExp(tokenPattern);
  const end = text.trimEnd().length;
  while (pattern.lastIndex < end) {
    const at = pattern.lastIndex;
    const match = pattern.exec(text);
    if (!match || found.length >= tokenLimit) throw new FilterSyntaxError('Syntax error', at);
    const [, quoted, literal, name, sign] = match;
    if (quoted !== undefined) found.push({ kind: 'string', text: quoted.replaceAll("''", "'"), at });
    else if (literal !== undefined) found.push({ kind: 'literal', text: literal, at });
    else if (name !== undefined) found.push({ kind: 'name', text: name, at });
    else found.push({ kind: 'sign', text: sign ?? '', at });
  }
  return [...found, { kind: 'end', text: '', at: end }];
}

/** @throws FilterSyntaxError */
export function parseFilter(text: string): Filter {
  const parser = new Parser(tokens(text));
  const filter = parser.either(0);
  parser.expectEnd();
  return filter;
}

const comparisons: ReadonlyMap<string, Comparison> = new Map(
  (['eq', 'ne', 'gt', 'ge', 'lt', 'le'] as const).map((each) => [each, each]),
);
const functions = new Map(
  (['startswith', 'endswith', 'contains'] as const).map((each) => [each.toString(), each] as const),
);

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** or binds weaker than and, and weaker than not. */
  either(depth: number): Filter {
    let left = this.#both(depth);
    while (this.#takeName('or')) left = { kind: 'or', left, right: this.#both(depth) };
    return left;
  }

  expectEnd(): void {
    if (this.#token().kind !== 'end') throw this.#error();
  }

  #both(depth: number): Filter {
    let left = this.#single(depth);
    while (this.#takeName('and')) left = { kind: 'and', left, right: this.#single(depth) };
    return left;
  }

  #single(depth: number): Filter {
    if (depth > depthLimit) throw this.#error();
    if (this.#takeName('not')) return { kind: 'not', inner: this.#single(depth + 1) };
    if (this.#takeSign('(')) {
      const inner = this.either(depth + 1);
      this.#expectSign(')');
      return inner;
    }
    const name = this.#expect('name').text;
    const call = functions.get(name.toLowerCase());
    if (call && this.#takeSign('(')) {
      const path = this.#path(this.#expect('name').text);
      this.#expectSign(',');
      const value = this.#expect('string').text;
      this.#expectSign(')');
      // `startswith(a,'b') eq true` says the same.
      if (this.#takeName('eq') && !this.#takeName('true')) throw this.#error();
      return { kind: 'call', name: call, path, value };
    }
    const path = this.#path(name);
    const last = path.at(-1)?.toLowerCase();
    if (last === 'any' && this.#takeSign('(')) return this.#any(path.slice(0, -1), depth);
    if (this.#takeName('in')) return { kind: 'in', path, values: this.#list() };
    const operator = comparisons.get(this.#expect('name').text.toLowerCase());
    if (!operator) throw this.#error(-1);
    return { kind: 'compare', path, operator, value: this.#value() };
  }

  #any(path: readonly string[], depth: number): Filter {
    if (this.#takeSign(')')) return { kind: 'any', path, variable: '' };
    const variable = this.#expect('name').text;
    this.#expectSign(':');
    const inner = this.either(depth + 1);
    this.#expectSign(')');
    return { kind: 'any', path, variable, inner };
  }

  #path(first: string): string[] {
    const path = [first];
    while (this.#takeSign('/')) path.push(this.#expect('name').text);
    return path;
  }

  #list(): FilterValue[] {
    this.#expectSign('(');
    const values = [this.#value()];
    while (this.#takeSign(',')) values.push(this.#value());
    this.#expectSign(')');
    return values;
  }

  #value(): FilterValue {
    const token = this.#token();
    this.#at += 1;
    if (token.kind === 'string') return token.text;
    if (token.kind === 'literal') return /^-?\d+(?:\.\d+)?$/.test(token.text) ? Number(token.text) : token.text;
    const word = token.kind === 'name' ? token.text.toLowerCase() : undefined;
    if (word === 'true' || word === 'false') return word === 'true';
    if (word === 'null') return null;
    throw this.#error(-1);
  }

  #token(): Token {
    return this.#tokens[Math.min(this.#at, this.#tokens.length - 1)] ?? { kind: 'end', text: '', at: 0 };
  }

  #expect(kind: 'name' | 'string'): Token {
    const token = this.#token();
    if (token.kind !== kind) throw this.#error();
    this.#at += 1;
    return token;
  }

  #expectSign(text: string): void {
    if (!this.#takeSign(text)) throw this.#error();
  }

  #takeSign(text: string): boolean {
    return this.#take('sign', text);
  }

  #takeName(text: string): boolean {
    return this.#take('name', text);
  }

  #take(kind: Token['kind'], text: string): boolean {
    const token = this.#token();
    if (token.kind !== kind || token.text.toLowerCase() !== text) return false;
    this.#at += 1;
    return true;
  }

  #error(offset = 0): FilterSyntaxError {
    const at = this.#tokens[Math.max(0, this.#at + offset)]?.at ?? this.#token().at;
    return new FilterSyntaxError('Syntax error', at);
  }
}
