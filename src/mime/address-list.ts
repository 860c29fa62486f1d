/**
 * Reads an address list (RFC 5322 §3.4) in one pass over its text, and says for each mailbox which text it stands in and
 * how sure the reading is. Header text comes as latin1, one character a byte, with its folds, so that what is kept can be
 * written back as it came.
 *
 * Other readers will see the same bytes, and some of them read less well. So there are three degrees: a `plain` mailbox
 * is read alike by everybody and stays as it came; one that only a full reader gets right (a route, a nested comment,
 * an `@` in a bare name) is written anew in plain form; where two readers could come to different addresses, it is
 * `doubtful`. An open quote, comment or bracket makes the whole list unreadable, since nobody knows where it ends.
 */
import { type ElementToken, readToken, UnreadableList } from './address-tokens.ts';
import { addressOfSpec } from './mailbox.ts';

export interface MailboxItem {
  readonly kind: 'mailbox';
  /** As it stands in the field, trimmed, folds included; latin1. */
  readonly text: string;
  /** `local@domain`, decoded from UTF-8. */
  readonly address: string;
  /** What stands before the angle brackets, trimmed; latin1. '' when there is none. */
  readonly phrase: string;
  /** Every reader reads this text alike. */
  readonly plain: boolean;
  /** The same mailbox in a form that every reader reads alike; equal to `text` when that is plain already. */
  readonly safeText: string;
}

export interface DoubtfulItem {
  readonly kind: 'doubtful';
  readonly text: string;
}

export interface GroupItem {
  readonly kind: 'group';
  readonly name: string;
  readonly members: readonly (MailboxItem | DoubtfulItem)[];
}

export type ListItem = MailboxItem | DoubtfulItem | GroupItem;

export type AddressList =
  | {
      readonly readable: true;
      readonly items: readonly ListItem[];
      /** False when the separators break the grammar (`;` between mailboxes, a group without its end): keep only items. */
      readonly tidy: boolean;
    }
  | { readonly readable: false };

/** Reads a list, in time proportional to its length whatever a stranger writes. */
export function readAddressList(value: string): AddressList {
  try {
    return readItems(value);
  } catch (error) {
    if (error instanceof UnreadableList) return { readable: false };
    throw error;
  }
}

function readItems(value: string): AddressList {
  const items: ListItem[] = [];
  let tidy = true;
  let group: { readonly name: string; readonly members: (MailboxItem | DoubtfulItem)[] } | undefined;
  let element: ElementToken[] = [];
  const endElement = () => {
    if (element.length > 0) (group ? group.members : items).push(readElement(value, element, group !== undefined));
    element = [];
  };
  const endGroup = () => {
    if (group) items.push({ kind: 'group', ...group });
    group = undefined;
  };
  for (let at = 0; at < value.length; ) {
    const token = readToken(value, at);
    at = token.end;
    if (token.kind === 'blank') continue;
    if (token.kind !== ',' && token.kind !== ':' && token.kind !== ';') {
      element.push(token);
      continue;
    }
    switch (token.kind) {
      case ':':
        // Groups do not nest, and a reader that lets them would see other members than we do.
        if (group) throw new UnreadableList();
        group = { name: groupName(value, element), members: [] };
        element = [];
        break;
      case ';':
        endElement();
        if (!group) tidy = false;
        endGroup();
        break;
      case ',':
        endElement();
    }
  }
  endElement();
  if (group) tidy = false;
  endGroup();
  return { readable: true, items, tidy };
}

function groupName(value: string, tokens: readonly ElementToken[]): string {
  const first = tokens[0];
  const last = tokens.at(-1);
  if (!first || !last || !tokens.every((token) => isPlainPhraseToken(token, true))) throw new UnreadableList();
  return value.slice(first.start, last.end);
}

function readElement(value: string, tokens: readonly ElementToken[], inGroup: boolean): MailboxItem | DoubtfulItem {
  const text = value.slice(tokens[0]?.start ?? 0, tokens.at(-1)?.end ?? 0);
  const doubtful = { kind: 'doubtful', text } as const;
  const words = tokens.filter((token) => token.kind !== 'comment');
  const commentsArePlain = tokens.every((token) => token.kind !== 'comment' || token.plain);
  const angle = words.findIndex((token) => token.kind === 'angle');
  if (angle === -1) return readBareAddress(value, tokens, words, commentsArePlain) ?? doubtful;
  // Whatever follows the brackets is another address to somebody: `<a@x> b@y`, `<a@x> <b@y>`.
  if (angle !== words.length - 1) return doubtful;
  const brackets = words[angle];
  const spec = value.slice((brackets?.start ?? 0) + 1, (brackets?.end ?? 0) - 1);
  const bare = spec.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '').replace(/^@[^:"]*:[ \t\r\n]*/, '');
  const address = addressOfSpec(bare);
  if (address === undefined) return doubtful;
  const phraseTokens = words.slice(0, angle);
  if (phraseTokens.some((token) => token.kind === 'other')) return doubtful;
  const plain = bare === spec && commentsArePlain && phraseTokens.every((token) => isPlainPhraseToken(token, inGroup));
  const safeName = safePhrase(value, phraseTokens, inGroup);
  return {
    kind: 'mailbox',
    text,
    address,
    phrase: value.slice(phraseTokens[0]?.start ?? 0, phraseTokens.at(-1)?.end ?? 0),
    plain,
    safeText: plain ? text : `${safeName}${safeName === '' ? '' : ' '}<${bare}>`,
  };
}

/** An address without brackets: local part, @ and domain with nothing between them; comments only around it. */
function readBareAddress(
  value: string,
  tokens: readonly ElementToken[],
  words: readonly ElementToken[],
  commentsArePlain: boolean,
): MailboxItem | undefined {
  const first = words[0];
  const last = words.at(-1);
  if (!first || !last) return undefined;
  const start = tokens.indexOf(first);
  const unbroken = words.every((token, index) => index === 0 || words[index - 1]?.end === token.start);
  if (words.length > 3 || !unbroken || tokens[start + words.length - 1] !== last) return undefined;
  const spec = value.slice(first.start, last.end);
  const address = addressOfSpec(spec);
  if (address === undefined) return undefined;
  const text = value.slice(tokens[0]?.start, tokens.at(-1)?.end);
  // A quoted local part without brackets loses its quotes in more than one reader.
  const plain = commentsArePlain && first.kind === 'word';
  return { kind: 'mailbox', text, address, phrase: '', plain, safeText: plain ? text : `<${spec}>` };
}

function isPlainPhraseToken(token: ElementToken, inGroup: boolean): boolean {
  if (token.kind !== 'word' && token.kind !== 'quoted') return false;
  return token.plain && !(inGroup && token.hasGroupMark);
}

/** The display name in a form that holds no `@` or separator outside quotes; '' when only leaving it out is safe. */
function safePhrase(value: string, tokens: readonly ElementToken[], inGroup: boolean): string {
  const texts: string[] = [];
  for (const token of tokens) {
    const text = value.slice(token.start, token.end);
    if (isPlainPhraseToken(token, inGroup)) texts.push(text);
    else if (token.kind === 'word' && token.encoded && /\?q\?/i.test(text)) texts.push(escapeEncodedWord(text));
    else if (token.kind === 'at' && !inGroup) return quoteBareName(value, tokens);
    else return '';
  }
  return texts.join(' ');
}

function quoteBareName(value: string, tokens: readonly ElementToken[]): string {
  if (tokens.some((token) => token.kind !== 'at' && (token.kind !== 'word' || token.encoded))) return '';
  return `"${value.slice(tokens[0]?.start, tokens.at(-1)?.end).replace(/[ \t\r\n]+/g, ' ')}"`;
}

/** An encoded word may hold a bare comma or `@` against RFC 2047 §5 (3); as =2C it is the same text and splits nowhere. */
function escapeEncodedWord(text: string): string {
  const start = text.search(/\?q\?/i) + 3;
  const body = text.slice(start, -2).replace(/[",;:<>()@[\]\\.]/g, hexOctet);
  return `${text.slice(0, start)}${body}?=`;
}

function hexOctet(char: string): string {
  return `=${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
