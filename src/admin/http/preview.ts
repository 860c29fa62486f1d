/**
 * A message for looking at. Whatever comes out of mail is hostile: the HTML keeps text, tables and plain style, and loses
 * scripts, forms, links' targets of odd schemes and everything that would be fetched from elsewhere.
 */
import PostalMime, { type Address } from 'postal-mime';
import sanitizeHtml from 'sanitize-html';
import type { z } from 'zod';
import type { previewSchema } from './preview-schema.ts';

export interface Preview extends z.output<typeof previewSchema> {
  /** Sanitised; a whole document. */
  readonly html: string;
}

/** Reads a message of at most `largestPreview` bytes. */
export async function previewOf(raw: Buffer): Promise<Preview> {
  const mail = await PostalMime.parse(raw);
  const { html, blocked } = sanitised(mail.html ?? '');
  return {
    subject: mail.subject ?? '',
    from: addressText(mail.from),
    to: (mail.to ?? []).map(addressText).join(', '),
    cc: (mail.cc ?? []).map(addressText).join(', '),
    date: mail.date ?? '',
    headers: mail.headers.map(({ originalKey, value }) => ({ name: originalKey, value })),
    text: mail.text ?? '',
    hasHtml: mail.html !== undefined,
    html: `<!doctype html><html lang=""><head><meta charset="utf-8"><title>Preview</title></head><body>${html}</body></html>`,
    blocked,
    attachments: mail.attachments.map(({ filename, mimeType, content }) => ({
      name: filename ?? '',
      type: mimeType,
      bytes: typeof content === 'string' ? Buffer.byteLength(content) : content.byteLength,
    })),
  };
}

function addressText(address: Address | undefined): string {
  if (!address) return '';
  const { name, address: mailbox = '' } = address;
  return name ? `${name} <${mailbox}>` : mailbox;
}

const colour = [/^#[0-9a-f]{3,8}$/i, /^rgba?\([\d\s.,%]+\)$/i, /^[a-z]{3,30}$/i];
const length = [/^-?[\d.]+(?:px|em|rem|pt|%)?$/, /^auto$/];

function sanitised(html: string): { html: string; blocked: number } {
  let blocked = 0;
  const clean = sanitizeHtml(html, {
    allowedTags: [...sanitizeHtml.defaults.allowedTags, 'img', 'center', 'font'],
    allowedAttributes: {
      '*': ['align', 'dir', 'height', 'lang', 'style', 'title', 'valign', 'width', 'bgcolor'],
      a: ['href', 'rel'],
      img: ['alt', 'src'],
      td: ['colspan', 'rowspan'],
      th: ['colspan', 'rowspan', 'scope'],
      font: ['color', 'size'],
    },
    allowedSchemes: ['http', 'https', 'mailto'],
    allowedSchemesByTag: { img: ['data'] },
    allowProtocolRelative: false,
    allowedStyles: {
      '*': {
        color: colour,
        'background-color': colour,
        'font-size': length,
        'font-weight': [/^(?:bold|normal|\d00)$/],
        'font-style': [/^(?:italic|normal)$/],
        'text-align': [/^(?:left|right|center|justify)$/],
        'text-decoration': [/^(?:underline|none|line-through)$/],
        width: length,
        padding: [/^[\d.pxemt%\s]+$/],
        margin: [/^[\d.pxemtauo%\s-]+$/],
      },
    },
    transformTags: {
      a: sanitizeHtml.simpleTransform('a', { rel: 'noreferrer noopener' }),
      img(tagName, attribs) {
        const source = attribs['src'] ?? '';
        if (/^data:image\/(?:png|jpeg|gif|webp);base64,/i.test(source)) return { tagName, attribs };
        blocked += 1;
        return { tagName: 'span', attribs: {}, text: attribs['alt'] ?? '' };
      },
    },
  });
  return { html: clean, blocked };
}
