/**
 * The frame of every page of the portal. Pages work without scripts, and none may run: what is shown comes out of mail and
 * out of names that strangers chose.
 */
import type { TenantResponse } from '../http/exchange.ts';
import { type Html, html } from '../http/html.ts';
import type { PortalCall } from './portal-call.ts';

export interface PortalPage {
  readonly title: string;
  /** The way to the page: label and path of each step above it. */
  readonly trail?: readonly (readonly [label: string, path: string])[];
  readonly content: Html;
  readonly status?: number;
  readonly error?: string | undefined;
  readonly notice?: string | undefined;
}

const navigation: readonly (readonly [label: string, path: string])[] = [
  ['App registrations', '/portal/apps'],
  ['Admin consent requests', '/portal/consent-requests'],
  ['Exchange admin center', '/portal/exchange'],
  ['Recipients: Groups', '/portal/exchange/groups'],
  ['Recipients: Mailboxes', '/portal/exchange/mailboxes'],
  ['PowerShell', '/portal/powershell'],
  ['What has arrived', '/'],
];

/** Headers of every answer of the portal. `frame-src` is for the preview of a message alone. */
export const strictHeaders = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

export function portalPage(call: PortalCall, page: PortalPage): TenantResponse {
  const { title, trail = [], content, status = 200, error, notice } = page;
  const { displayName } = call.tenant.directory.state;
  const here = `/portal/${call.path.join('/')}`;
  const isHere = (path: string) => (here === path ? html` aria-current="page"` : undefined);
  const body = html`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title} - practice tenant</title><link rel="stylesheet" href="/portal/portal.css"></head><body>
<header><a class="brand" href="/portal/apps">Practice tenant: ${displayName}</a><form method="post" action="/portal/sign-out">${csrfField(call)}<span>Signed in as ${call.user.address}</span> <button type="submit">Switch account</button></form></header>
<nav aria-label="Portal"><ul>${navigation.map(([label, path]) => html`<li><a href="${path}"${isHere(path)}>${label}</a></li>`)}</ul></nav>
<main>${trail.length > 0 ? html`<p class="trail">${trail.map(([label, path]) => html`<a href="${path}">${label}</a> &gt; `)}${title}</p>` : undefined}<h1>${title}</h1>
${error ? html`<p class="error" role="alert">${error}</p>` : undefined}${notice ? html`<p class="notice" role="status">${notice}</p>` : undefined}
${content}</main></body></html>`;
  return {
    status,
    headers: { ...strictHeaders, 'content-type': 'text/html; charset=utf-8' },
    body: body.markup,
  };
}

export function csrfField({ csrf }: PortalCall): Html {
  return html`<input type="hidden" name="csrf" value="${csrf}">`;
}

/** A form that is posted, with the token that other sites cannot know. */
export function postForm(call: PortalCall, action: string, content: Html, hasFile = false): Html {
  return html`<form method="post" action="${action}"${hasFile ? html` enctype="multipart/form-data"` : undefined}>${csrfField(call)}${content}</form>`;
}

/** After a form was taken: a reload of the page that follows posts nothing again. */
export function seeOther(location: string): TenantResponse {
  return { status: 303, headers: { ...strictHeaders, location } };
}

export function notFoundPage(call: PortalCall): TenantResponse {
  return portalPage(call, { title: 'Not found', status: 404, content: html`<p>There is nothing at this address.</p>` });
}

/** What somebody is told who lacks the role for it. */
export function refusedPage(
  call: PortalCall,
  title: string,
  why: string,
  instead?: readonly [label: string, path: string],
): TenantResponse {
  return portalPage(call, {
    title,
    status: 403,
    error: why,
    content: html`<p>Switch to another account, or ask an administrator.</p>${instead && html`<p><a href="${instead[1]}">${instead[0]}</a></p>`}`,
  });
}

export function table(heads: readonly string[], rows: readonly Html[], empty: string): Html {
  if (rows.length === 0) return html`<p class="note">${empty}</p>`;
  return html`<div class="wide"><table><thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

/** A path of the portal; each part is written so that it stays one segment. */
export function portalPath(...parts: readonly string[]): string {
  return `/portal/${parts.map(encodeURIComponent).join('/')}`;
}
