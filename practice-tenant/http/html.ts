/**
 * HTML by a template that escapes whatever is put in, so that a name, a subject or a query string is never markup.
 */

/** Markup that was made by `html` and may be put in as it stands. */
export class Html {
  readonly markup: string;
  constructor(markup: string) {
    this.markup = markup;
  }
}

type Piece = string | number | Html | undefined | false | readonly Piece[];

/** Strings are escaped, `html` values and lists of them are taken as they are, undefined and false are nothing. */
export function html(parts: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  return new Html(parts.map((part, index) => part + (index < pieces.length ? written(pieces[index]) : '')).join(''));
}

function written(piece: Piece): string {
  if (piece === undefined || piece === false) return '';
  if (piece instanceof Html) return piece.markup;
  if (typeof piece === 'string' || typeof piece === 'number')
    return String(piece).replace(/[&<>"'`]/g, (char) => `&#${char.charCodeAt(0)};`);
  return piece.map(written).join('');
}
