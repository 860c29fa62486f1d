/**
 * The body of a message for looking at. Whatever comes out of mail is hostile: text, tables and plain style stay; scripts,
 * forms, the targets of links and everything that would be fetched from elsewhere go. Pictures within the message stay.
 */

import { Html, html } from '../../http/html.ts';
import { lazily } from '../../lazily.ts';
import type { Attachment, MessageContent } from '../../mailboxes/message-content.ts';

export interface SafePreview {
  readonly document: Html;
  /** Pictures of other hosts that were left out. */
  readonly blocked: number;
}

const sanitizer = lazily(async () => (await import('sanitize-html')).default);
const picture = /^image\/(?:png|jpeg|gif|webp)$/i;
const colour = [/^#[0-9a-f]{3,8}$/i, /^rgba?\([\d\s.,%]{1,40}\)$/i, /^[a-z]{3,30}$/i];
const size = [/^-?[\d.]{1,10}(?:px|em|rem|pt|%)?$/, /^auto$/];

export async function safePreview(
  body: MessageContent['body'],
  attachments: readonly Attachment[],
): Promise<SafePreview> {
  if (body.contentType === 'text') return { document: wrapped(html`<pre>${body.content}</pre>`), blocked: 0 };
  const { clean, blocked } = await sanitised(body.content, attachments);
  // Sanitised above: the one place where markup of a stranger is taken as markup.
  return { document: wrapped(new Html(clean)), blocked };
}

function wrapped(content: Html): Html {
  return html`<!doctype html><html lang=""><head><meta charset="utf-8"><title>Message</title><style>body{font:15px/1.45 system-ui,sans-serif;color:#242424;background:#fff;overflow-wrap:anywhere}pre{white-space:pre-wrap}</style></head><body>${content}</body></html>`;
}

async function sanitised(
  content: string,
  attachments: readonly Attachment[],
): Promise<{ clean: string; blocked: number }> {
  const sanitizeHtml = await sanitizer();
  let blocked = 0;
  const clean = sanitizeHtml(content, {
    allowedTags: [...sanitizeHtml.defaults.allowedTags.filter((tag) => tag !== 'a'), 'img', 'center', 'font'],
    allowedAttributes: {
      '*': ['align', 'bgcolor', 'dir', 'height', 'lang', 'style', 'title', 'valign', 'width'],
      font: ['color', 'size'],
      img: ['alt', 'src'],
      td: ['colspan', 'rowspan'],
      th: ['colspan', 'rowspan', 'scope'],
    },
    allowedSchemes: [],
    allowedSchemesByTag: { img: ['data'] },
    allowProtocolRelative: false,
    allowedStyles: {
      '*': {
        color: colour,
        'background-color': colour,
        'font-size': size,
        'font-weight': [/^(?:bold|normal|\d00)$/],
        'font-style': [/^(?:italic|normal)$/],
        'text-align': [/^(?:left|right|center|justify)$/],
        'text-decoration': [/^(?:underline|none|line-through)$/],
        width: size,
      },
    },
    transformTags: {
      // A link shows where it would lead, and leads nowhere.
      a: (_tag, { href = '' }) => ({ tagName: 'u', attribs: { title: href } }),
      img(tagName, { src = '', alt = '', width = '', height = '' }) {
        const shown = embedded(src, attachments);
        if (shown !== undefined) return { tagName, attribs: { src: shown, alt, width, height } };
        blocked += 1;
        return { tagName: 'span', attribs: {}, text: alt || '[picture blocked]' };
      },
    },
  });
  return { clean, blocked };
}

/** A picture that the message brings along, as data; undefined for one of elsewhere. */
function embedded(src: string, attachments: readonly Attachment[]): string | undefined {
  if (/^data:image\/(?:png|jpeg|gif|webp);base64,[\w+/=\s]*$/i.test(src)) return src;
  const id = /^cid:(.+)$/i.exec(src)?.[1];
  const found = id && attachments.find(({ contentId, contentType }) => contentId === id && picture.test(contentType));
  return found ? `data:${found.contentType};base64,${found.content.toString('base64')}` : undefined;
}
