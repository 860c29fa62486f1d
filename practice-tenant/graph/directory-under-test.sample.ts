/** A tenant for tests of the directory part of Graph: no sockets and no tokens, callers are made as they are wanted. */
import { VirtualClock } from '../clock.ts';
import { clouds } from '../clouds.ts';
import { createApplication, ensureServicePrincipal } from '../directory/applications.ts';
import { Directory } from '../directory/directory.ts';
import { emptyDirectory } from '../directory/empty-directory.ts';
import { addUser } from '../directory/users.ts';
import type { TenantRequest, TenantResponse } from '../http/exchange.ts';
import { reportTraffic } from '../http/traffic.ts';
import { type Profile, profiles } from '../profile.ts';
import type { DirectoryCaller } from './authorise.ts';
import { answerBatch } from './batch.ts';
import { answerDirectory } from './directory-routes.ts';
import { GraphRefusal, refusalAnswer } from './graph-error.ts';
import { graphPath } from './graph-path.ts';

export interface Asked {
  readonly caller?: DirectoryCaller;
  readonly body?: unknown;
  /** In place of `body`. */
  readonly rawBody?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Everything that a provisioning app could have. */
const allRoles = [
  'Application.ReadWrite.All',
  'AppRoleAssignment.ReadWrite.All',
  'Directory.ReadWrite.All',
  'Policy.ReadWrite.ApplicationConfiguration',
  'Policy.Read.All',
];

export function directoryUnderTest(limits: Partial<Profile> = {}) {
  const clock = new VirtualClock(() => Date.parse('2026-11-24T09:00:00Z'));
  const names = { tenantId: '11111111-2222-4333-8444-555555555555', domains: ['contoso.example'] };
  const directory = new Directory(emptyDirectory(names, clouds.global, clock.now()));
  const tenant = { directory, profile: { ...profiles.documented, ...limits } };
  const service = { origin: 'https://localhost:8443', clock, changed: () => {} };
  const own = createApplication(directory, { displayName: 'Provisioner' }, clock.now());
  const ownPrincipal = ensureServicePrincipal(directory, own.appId, clock.now());

  /** The provisioning app, with all roles or with these. */
  const app = (...roles: string[]): DirectoryCaller => ({
    tenant,
    appId: own.appId,
    oid: ownPrincipal.id,
    roles: roles.length > 0 ? roles : allRoles,
    scopes: [],
    isApp: true,
    directoryRoles: [],
  });
  const person = (address: string, scopes: readonly string[], directoryRoles: string[] = []): DirectoryCaller => {
    const user = directory.user(address) ?? addUser(directory, address, { directoryRoles }, clock.now());
    return { tenant, appId: own.appId, oid: user.id, roles: [], scopes, isApp: false, directoryRoles };
  };

  const answer = async (request: TenantRequest, caller: DirectoryCaller): Promise<TenantResponse> => {
    try {
      const path = graphPath(request.segments);
      if (path[0] === '$batch') return await answerBatch(request, (item) => answer(item, caller));
      return await answerDirectory(service, request, caller, path);
    } catch (error) {
      if (error instanceof GraphRefusal) return refusalAnswer(error, { now: clock.now(), clientRequestId: 'c1' });
      throw error;
    }
  };

  /** Asks as a client would: `ask('GET', '/users?$top=1')`. */
  async function ask(method: string, path: string, asked: Asked = {}) {
    const url = new URL(`https://localhost/v1.0${path}`);
    const json = asked.body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(asked.body));
    const request: TenantRequest = {
      method,
      segments: url.pathname.split('/').filter(Boolean).map(decodeURIComponent),
      query: url.searchParams,
      headers: { 'content-type': 'application/json', ...asked.headers },
      body: asked.rawBody ?? json,
    };
    const response = await answer(request, asked.caller ?? app());
    reportTraffic({ request, response });
    const { status, headers = {}, body } = response;
    const text =
      typeof body === 'string' || Buffer.isBuffer(body)
        ? JSON.stringify(body.toString())
        : JSON.stringify(body ?? null);
    return { status, headers, body: JSON.parse(text) };
  }
  return { ask, app, person, directory, clock, own, ownPrincipal };
}
