/** The pages at the root of the service, for a person with a browser on this machine. */
import { isLocalRequest } from '../control/control-api.ts';
import type { TenantRequest, TenantResponse } from '../http/exchange.ts';
import type { Service } from '../service.ts';
import { arrivalsPage } from './arrivals-page.ts';

/** Answers what is the portal's; undefined for everything else. */
export function answerPortal(service: Service, request: TenantRequest): TenantResponse | undefined {
  if (request.segments.length > 0 || request.method !== 'GET') return undefined;
  // It has no login: a name that was bent to this machine must not read mail.
  return isLocalRequest(request) ? arrivalsPage(service) : { status: 403 };
}
