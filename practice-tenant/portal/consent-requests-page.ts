/** "Admin consent requests": what people asked for who may not consent themselves. */
import { approveConsentRequest, denyConsentRequest } from '../entra/consent-requests.ts';
import type { TenantResponse } from '../http/exchange.ts';
import { html } from '../http/html.ts';
import { field, mayConsent, type PortalCall } from './portal-call.ts';
import { portalPage, postForm, refusedPage, seeOther, table } from './portal-page.ts';

const title = 'Admin consent requests';
const here = '/portal/consent-requests';

export function answerConsentRequests(call: PortalCall): TenantResponse {
  const { tenant, service } = call;
  if (!mayConsent(call)) return refusedPage(call, title, 'Only an administrator sees the requests of others.');
  if (call.request.method === 'POST') {
    const decide = field(call, 'decision') === 'approve' ? approveConsentRequest : denyConsentRequest;
    decide(service, tenant, field(call, 'id'));
    return seeOther(here);
  }
  const { directory } = tenant;
  const rows = directory.state.consentRequests.map(({ id, appId, requestedBy, reason, scopes, status }) => {
    const name = directory.applicationByAppId(appId)?.displayName ?? appId;
    const answer = postForm(
      call,
      here,
      html`<input type="hidden" name="id" value="${id}"><button name="decision" value="approve" type="submit">Approve</button> <button name="decision" value="deny" type="submit">Deny</button>`,
    );
    return html`<tr><td>${name}</td><td>${requestedBy}</td><td>${scopes.join(', ')}</td><td>${reason}</td><td>${status === 'InProgress' ? answer : status}</td></tr>`;
  });
  const content = table(['Application', 'Requested by', 'Permissions', 'Justification', ''], rows, 'Nobody has asked.');
  return portalPage(call, { title, content });
}
