/** The part of Graph that is the directory: which resource answers a path, and the limit of writes in front of all. */
import type { TenantRequest, TenantResponse } from '../http/exchange.ts';
import type { DirectoryCaller } from './authorise.ts';
import type { DirectoryService, Resource } from './graph-call.ts';
import { unknownSegment } from './graph-error.ts';
import { policies } from './resources/app-management-policies.ts';
import { applications } from './resources/applications.ts';
import { groups } from './resources/groups.ts';
import { domains, organization } from './resources/organization.ts';
import { permissionGrants } from './resources/permission-grants.ts';
import { servicePrincipals } from './resources/service-principals.ts';
import { me, users } from './resources/users.ts';
import { countWrite } from './write-throttle.ts';

const resources: ReadonlyMap<string, Resource> = new Map([
  ['organization', organization],
  ['domains', domains],
  ['users', users],
  ['me', me],
  ['groups', groups],
  ['applications', applications],
  ['serviceprincipals', servicePrincipals],
  ['oauth2permissiongrants', permissionGrants],
  ['policies', policies],
]);

/** @param path behind `v1.0`, as graphPath gives it. @throws GraphRefusal for whatever is refused */
export async function answerDirectory(
  service: DirectoryService,
  request: TenantRequest,
  caller: DirectoryCaller,
  path: readonly string[],
): Promise<TenantResponse> {
  const [collection = '', ...rest] = path;
  const resource = resources.get(collection.toLowerCase());
  if (!resource) throw unknownSegment(collection);
  const isRead = request.method === 'GET';
  const limits = isRead ? {} : countWrite(service, caller);
  const call = { service, request, caller, directory: caller.tenant.directory, now: service.clock.now() };
  const response = await resource(call, rest);
  if (!isRead) service.changed();
  return { ...response, headers: { 'x-ms-resource-unit': '1', ...limits, ...response.headers } };
}
