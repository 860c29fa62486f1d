/**
 * Recipient filters in OPATH: comparisons joined by -and, -or and -not. Source: Exchange "Filterable properties for the
 * RecipientFilter parameter".
 */
import type { Directory } from '../directory/directory.ts';
import type { TenantUser } from '../directory/directory-state.ts';

type Expression =
  | { readonly kind: 'and' | 'or'; readonly sides: readonly [Expression, Expression] }
  | { readonly kind: 'not'; readonly side: Expression }
  | { readonly kind: 'compare'; readonly property: string; readonly operator: string; readonly value: string };

export class OpathError extends Error {}

const token = /\s*(\(|\)|-[a-z]+|'(?:[^']|'')*'|"[^"]*"|[\w.$]+)/iy;
const operators = new Set(['-eq', '-ne', '-like', '-notlike']);
const depthLimit = 50;

/** @throws OpathError for what is no filter */
export function parseOpath(text: string): Expression {
  const tokens: string[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < text.trimEnd().length) {
    const found = token.exec(text)?.[1];
    if (found === undefined) throw new OpathError(`The filter "${text}" cannot be read.`);
    tokens.push(found);
  }
  let at = 0;
  const fail = () => new OpathError(`The filter "${text}" is not a valid OPATH filter.`);
  const expression = (depth: number): Expression => {
    if (depth > depthLimit) throw fail();
    let left = unary(depth);
    for (let next = tokens[at]?.toLowerCase(); next === '-and' || next === '-or'; next = tokens[at]?.toLowerCase()) {
      at += 1;
      left = { kind: next === '-and' ? 'and' : 'or', sides: [left, unary(depth)] };
    }
    return left;
  };
  const unary = (depth: number): Expression => {
    if (depth > depthLimit) throw fail();
    const first = tokens[at]?.toLowerCase();
    at += 1;
    if (first === '-not') return { kind: 'not', side: unary(depth + 1) };
    if (first === '(') {
      const inner = expression(depth + 1);
      if (tokens[at] !== ')') throw fail();
      at += 1;
      return inner;
    }
    const [operator, value] = [tokens[at]?.toLowerCase(), tokens[at + 1]];
    if (first === undefined || operator === undefined || value === undefined || !operators.has(operator)) throw fail();
    at += 2;
    return { kind: 'compare', property: first, operator, value: unquoted(value) };
  };
  const parsed = expression(0);
  if (at < tokens.length) throw fail();
  return parsed;
}

function unquoted(text: string): string {
  return /^['"]/.test(text) ? text.slice(1, -1).replaceAll("''", "'") : text;
}

/** A filter that cannot be read matches nobody: it was refused when it was set. */
export function matchesOpath(directory: Directory, filter: string, user: TenantUser): boolean {
  try {
    return holds(directory, parseOpath(filter), user);
  } catch (error) {
    if (error instanceof OpathError) return false;
    throw error;
  }
}

function holds(directory: Directory, expression: Expression, user: TenantUser): boolean {
  switch (expression.kind) {
    case 'and':
      return expression.sides.every((side) => holds(directory, side, user));
    case 'or':
      return expression.sides.some((side) => holds(directory, side, user));
    case 'not':
      return !holds(directory, expression.side, user);
    case 'compare': {
      const isNegative = expression.operator === '-ne' || expression.operator === '-notlike';
      const values = valuesOf(directory, expression.property, user);
      return values.some((value) => compares(value, expression)) !== isNegative;
    }
  }
}

function compares(
  value: string,
  { operator, value: wanted }: { readonly operator: string; readonly value: string },
): boolean {
  const [one, other] = [value.toLowerCase(), wanted.toLowerCase()];
  if (!operator.endsWith('like')) return one === other;
  const parts = other.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(one);
}

function valuesOf(directory: Directory, property: string, user: TenantUser): readonly string[] {
  switch (property) {
    case 'memberofgroup':
      return directory.state.groups
        .filter(({ members }) => members.includes(user.id))
        .flatMap((group) => [distinguishedName(directory, group.displayName), group.displayName, group.mail ?? '']);
    case 'primarysmtpaddress':
    case 'windowsliveid':
    case 'userprincipalname':
      return [user.address];
    case 'emailaddresses':
      return [user.address, ...user.aliases];
    case 'name':
    case 'displayname':
      return [user.displayName];
    case 'alias':
      return [user.address.split('@')[0] ?? ''];
    case 'recipienttypedetails':
      return [user.mailboxType];
    default:
      return [user.customAttributes[property] ?? ''];
  }
}

/** As Exchange Online shows it; MemberOfGroup is compared with it. */
export function distinguishedName(directory: Directory, name: string): string {
  return `CN=${name},OU=${directory.domain},OU=Microsoft Exchange Hosted Organizations,DC=EURPR00A000,DC=PROD,DC=OUTLOOK,DC=COM`;
}
