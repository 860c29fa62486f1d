/**
 * A page for a person who looks at what has arrived. Everything that comes out of mail is text here: no HTML of a message
 * is ever shown, and the page may load nothing and run nothing.
 */
import type { TenantResponse } from '../http/exchange.ts';
import type { Mailboxes } from '../mailboxes/mailboxes.ts';

const style = `body{font:14px system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#242424}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ddd;overflow-wrap:anywhere}
@media(prefers-color-scheme:dark){body{background:#1f1f1f;color:#eee}th,td{border-color:#444}a{color:#7cb7ff}}`;

/** The newest messages of all mailboxes, newest first. */
export function mailboxPage(mailboxes: Mailboxes): TenantResponse {
  const copies = mailboxes.delivered().slice(-500).reverse();
  const rows = copies.map(
    (copy) =>
      `<tr><td>${new Date(copy.receivedAt).toISOString().slice(11, 19)}</td><td>${asText(copy.address)}</td><td><a href="/_practice/messages/${copy.id}/raw">${asText(copy.subject) || '(no subject)'}</a></td><td>${copy.size}</td></tr>`,
  );
  const empty = '<p>Nothing has arrived yet. Hand a message in, then load this page again.</p>';
  const table = `<table><thead><tr><th>Arrived (UTC)</th><th>Mailbox</th><th>Subject</th><th>Bytes</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
  const body = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Practice tenant: what has arrived</title><style>${style}</style><h1>What has arrived</h1>${copies.length > 0 ? table : empty}</html>`;
  return {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    },
    body,
  };
}

function asText(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
