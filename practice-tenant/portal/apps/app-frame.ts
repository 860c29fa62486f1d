/** What the pages of one application have in common: its name above them, and the way to the others. */
import type { Application } from '../../directory/directory-state.ts';
import type { TenantResponse } from '../../http/exchange.ts';
import { type Html, html } from '../../http/html.ts';
import type { PortalCall } from '../portal-call.ts';
import { portalPage, portalPath } from '../portal-page.ts';

const tabs = [
  ['Overview', ''],
  ['Certificates & secrets', 'credentials'],
  ['API permissions', 'permissions'],
] as const;

export interface AppPage {
  readonly page: (typeof tabs)[number][0];
  readonly content: Html;
  /** Of a page below one of the three. */
  readonly title?: string;
  readonly status?: number;
  readonly error?: string | undefined;
  readonly notice?: string | undefined;
}

export function appPath({ appId }: Application, ...parts: readonly string[]): string {
  return portalPath('apps', appId, ...parts.filter(Boolean));
}

export function appFrame(call: PortalCall, application: Application, options: AppPage): TenantResponse {
  const { page, content, title = page, ...rest } = options;
  const links = tabs.map(
    ([label, part]) =>
      html`<li><a href="${appPath(application, part)}"${label === page ? html` aria-current="page"` : undefined}>${label}</a></li>`,
  );
  const above = title === page ? [] : tabs.filter(([label]) => label === page);
  return portalPage(call, {
    ...rest,
    title,
    trail: [
      ['App registrations', '/portal/apps'],
      [application.displayName, appPath(application)],
      ...above.map(([label, part]) => [label, appPath(application, part)] as const),
    ],
    content: html`<ul class="tabs">${links}</ul>${content}`,
  });
}
