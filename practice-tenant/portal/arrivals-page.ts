/**
 * What has arrived, for a person who looks. Everything that comes out of mail is text here: no HTML of a message is ever
 * shown, and the page may load nothing and run nothing.
 */
import type { TenantResponse } from '../http/exchange.ts';
import { type Html, html } from '../http/html.ts';
import type { Service, Tenant } from '../service.ts';

const style = `body{font:14px system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#242424;background:#fff}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ddd;overflow-wrap:anywhere}
@media(prefers-color-scheme:dark){body{background:#1f1f1f;color:#eee}th,td{border-color:#444}a{color:#7cb7ff}}`;
const shownCopies = 500;

/** The newest messages of all mailboxes of each tenant, newest first. */
export function arrivalsPage(service: Service): TenantResponse {
  const page = html`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Practice tenant: what has arrived</title>STYLE</head><body><main><h1>What has arrived</h1><p><a href="/portal">Portal</a>: app registrations, Exchange admin center, PowerShell</p>${service.tenants.map(arrivals)}</main></body></html>`;
  return {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    },
    body: page.markup.replace('STYLE', `<style>${style}</style>`),
  };
}

function arrivals({ directory, mailboxes }: Tenant): Html {
  const copies = mailboxes.delivered().slice(-shownCopies).reverse();
  const heading = html`<h2>${directory.state.displayName} (${directory.domain})</h2>`;
  if (copies.length === 0)
    return html`${heading}<p>Nothing has arrived yet. Hand a message in, then load this page again.</p>`;
  const rows = copies.map(
    (copy) =>
      html`<tr><td>${new Date(copy.receivedAt).toISOString().slice(11, 19)}</td><td>${copy.address}</td><td><a href="/_practice/messages/${copy.id}/raw?tenant=${directory.tenantId}">${copy.subject || '(no subject)'}</a></td><td>${copy.size}</td></tr>`,
  );
  return html`${heading}<table><thead><tr><th>Arrived (UTC)</th><th>Mailbox</th><th>Subject</th><th>Bytes</th></tr></thead><tbody>${rows}</tbody></table>`;
}
