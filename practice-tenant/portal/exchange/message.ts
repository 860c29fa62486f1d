/** One message of a mailbox: what a mail program shows of it, its header, its attachments, and its source to download. */

import { composeDraft } from '../../graph/mail/compose-message.ts';
import { readMessage } from '../../graph/mail/mime-message.ts';
import type { TenantResponse } from '../../http/exchange.ts';
import { html } from '../../http/html.ts';
import type { MailCopy } from '../../mailboxes/mailboxes.ts';
import type { MailAddress } from '../../mailboxes/message-content.ts';
import { isNonDeliveryReport } from '../../mailboxes/non-delivery-report.ts';
import type { PortalCall } from '../portal-call.ts';
import { notFoundPage, portalPage, portalPath, strictHeaders, table } from '../portal-page.ts';
import { safePreview } from './safe-preview.ts';

type Trail = readonly (readonly [label: string, path: string])[];

export async function answerMessage(
  call: PortalCall,
  copy: MailCopy,
  trail: Trail,
  [part, ...rest]: readonly string[],
): Promise<TenantResponse> {
  const raw = copy.draft ? await composeDraft(copy.draft, call.now) : copy.raw;
  if (rest.length > 0) return notFoundPage(call);
  if (!raw) {
    const content = html`<p>The practice tenant keeps no bodies of messages now; ${copy.size} bytes were delivered.</p>`;
    return portalPage(call, { title: copy.subject || '(no subject)', trail, content });
  }
  switch (part) {
    case undefined:
      return messagePage(call, copy, trail, raw);
    case 'preview':
      return preview(raw, call.now);
    case 'source':
      return source(copy, raw);
    default:
      return notFoundPage(call);
  }
}

async function messagePage(call: PortalCall, copy: MailCopy, trail: Trail, raw: Buffer): Promise<TenantResponse> {
  const { content, attachments, allHeaders } = await readMessage(raw, call.now);
  const { blocked } = await safePreview(content.body, attachments);
  const path = portalPath('exchange', 'mailboxes', copy.mailbox, copy.folder, copy.id);
  const row = (name: string, value: string) => value !== '' && html`<dt>${name}</dt><dd>${value}</dd>`;
  const ndr =
    isNonDeliveryReport(copy) &&
    html`<p class="error">A non-delivery report: Exchange tells the sender what it could not deliver.</p>`;
  const withheld = blocked > 0 && html`<p class="note">Remote content was blocked: ${blocked}.</p>`;
  const files = attachments.map(
    ({ name, contentType, content: bytes }) =>
      html`<tr><td>${name || '(no name)'}</td><td>${contentType}</td><td>${bytes.length}</td></tr>`,
  );
  const fieldRows = allHeaders.map(({ name, value }) => html`<tr><td>${name}</td><td>${value}</td></tr>`);
  const page = html`${ndr}<dl>${row('From', addressList([content.from]))}${row('To', addressList(content.to))}${row('Cc', addressList(content.cc))}${row('Bcc', addressList(content.bcc))}
${row('Received', new Date(copy.receivedAt).toISOString())}${row('Message-ID', copy.internetMessageId)}</dl>
${withheld}<iframe sandbox="" referrerpolicy="no-referrer" title="Message" src="${path}/preview"></iframe>
${attachments.length > 0 && html`<h2>Attachments</h2>${table(['Name', 'Type', 'Bytes'], files, '')}`}
<details><summary>Message details (headers)</summary>${table(['Field', 'Value'], fieldRows, 'No header.')}</details>
<p><a class="button" href="${path}/source" download>Download the source (${raw.length} bytes)</a></p>`;
  return portalPage(call, { title: copy.subject || '(no subject)', trail, content: page });
}

/** For the frame alone: its own policy forbids scripts, forms and everything of other hosts, whatever gets through. */
async function preview(raw: Buffer, now: number): Promise<TenantResponse> {
  const { content, attachments } = await readMessage(raw, now);
  const { document } = await safePreview(content.body, attachments);
  return {
    status: 200,
    headers: {
      ...strictHeaders,
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'",
      'x-frame-options': 'SAMEORIGIN',
      'referrer-policy': 'no-referrer',
    },
    body: document.markup,
  };
}

function source({ id }: MailCopy, raw: Buffer): TenantResponse {
  return {
    status: 200,
    headers: {
      ...strictHeaders,
      'content-type': 'message/rfc822',
      'content-disposition': `attachment; filename="${id}.eml"`,
      'content-security-policy': "sandbox; default-src 'none'",
    },
    body: raw,
  };
}

function addressList(list: readonly (MailAddress | undefined)[]): string {
  return list
    .flatMap((each) => each ?? [])
    .map(({ name, address }) => (name ? `${name} <${address}>` : address))
    .join(', ');
}
