/** The frame of every sign-in page: plain, accessible, without scripts. */

import type { TenantRequest, TenantResponse } from '../http/exchange.ts';
import { type Html, html } from '../http/html.ts';

const style = `:root{color-scheme:light dark}body{font:16px/1.4 system-ui,sans-serif;margin:3rem auto;max-width:27rem;padding:0 1rem;color:#242424;background:#fff}
h1{font-size:1.5rem;font-weight:600}label{display:block;margin:.8rem 0 .2rem}input{font:inherit;width:100%;box-sizing:border-box;padding:.5rem;border:1px solid #616161;border-radius:4px;background:#fff;color:#242424}
button{font:inherit;padding:.5rem 1.2rem;margin:1rem .5rem 0 0;border:1px solid #616161;border-radius:4px;background:#fff;color:#242424;cursor:pointer}button.primary{background:#0f548c;color:#fff;border-color:#0f548c}
.error{color:#b10e1c}.note{color:#616161}li{margin:.3rem 0}
@media(prefers-color-scheme:dark){body{background:#1f1f1f;color:#eee}input,button{background:#292929;color:#eee;border-color:#adadad}.error{color:#ff99a4}.note{color:#adadad}}`;

export interface PageOptions {
  readonly status?: number;
  /** Where forms of the page may lead besides this host: a redirect after a form counts as well. */
  readonly formAction?: string;
  readonly setCookie?: string;
}

export function page(title: string, content: Html, options: PageOptions = {}): TenantResponse {
  const body = html`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title><link rel="stylesheet" href="/common/sign-in.css"></head><body><main><h1>${title}</h1>${content}</main></body></html>`;
  const allowed = options.formAction === undefined ? '' : ` ${originOf(options.formAction)}`;
  return {
    status: options.status ?? 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; style-src 'self'; form-action 'self'${allowed}; frame-ancestors 'none'; base-uri 'none'`,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      ...(options.setCookie ? { 'set-cookie': options.setCookie } : {}),
    },
    body: body.markup,
  };
}

export const styleSheet: TenantResponse = {
  status: 200,
  headers: { 'content-type': 'text/css; charset=utf-8', 'x-content-type-options': 'nosniff' },
  body: style,
};

/** Only what a header can hold: a redirect URI is somebody else's text. */
function originOf(url: string): string {
  const parsed = URL.parse(url);
  if (!parsed) return '';
  return parsed.origin === 'null' ? parsed.protocol : parsed.origin;
}

export function redirect(location: string, setCookie?: string): TenantResponse {
  return {
    status: 302,
    headers: { location, 'cache-control': 'no-store', ...(setCookie ? { 'set-cookie': setCookie } : {}) },
  };
}

/** Fields of a posted form. */
export function formOf(request: TenantRequest): URLSearchParams {
  return new URLSearchParams(request.body.toString('utf8'));
}

/** Everything of a query that the form has to carry on. */
export function hiddenFields(query: URLSearchParams): Html[] {
  return [...query].map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`);
}
