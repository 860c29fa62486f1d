/**
 * The practice tenant: a stand-in for the parts of Microsoft 365 that a mail connector meets. One HTTPS server plays the
 * sign-in host and Graph; tests and tools hold its other end and say what it knows, what it does wrong, and what arrived.
 */
import { createHash, randomBytes, randomUUID, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServerCertificate } from './certificate-authority.ts';
import { answerControl, isLocalRequest } from './control/control-api.ts';
import { mailboxPage } from './control/page.ts';
import { type AccessPolicy, Directory, type RoleAssignment, type TenantApp, type TenantUser } from './directory.ts';
import { instanceDiscovery, openIdConfiguration } from './entra/discovery.ts';
import { answerTokenRequest } from './entra/token-endpoint.ts';
import { Tokens } from './entra/tokens.ts';
import { type Endpoint, type Fault, FaultQueue } from './faults/fault.ts';
import { answerGraph } from './graph/graph-routes.ts';
import type { TenantRequest, TenantResponse } from './http/exchange.ts';
import { createTenantServer, type RecordedRequest } from './http/server.ts';
import { type KeepBodies, Mailboxes, type MailCopy } from './mailboxes/mailboxes.ts';

export interface PracticeTenantOptions {
  /** Verified domain; contoso.example when not given. */
  readonly domain?: string;
  readonly tenantId?: string;
  /** Addresses of users with a mailbox. */
  readonly users?: readonly string[];
  /** 0 or nothing: any free port. */
  readonly port?: number;
  /** Loopback unless said otherwise: it has no login, and must not be exposed. */
  readonly host?: string;
  /** ms since the epoch; the time of this machine when not given. */
  readonly now?: () => number;
  readonly random?: () => number;
  readonly keepBodies?: KeepBodies;
}

export interface PracticeTenant {
  /** https://localhost:PORT: sign-in host, Graph host and resource in one. */
  readonly origin: string;
  readonly port: number;
  readonly caPem: string;
  readonly tenantId: string;
  readonly domain: string;
  readonly directory: Directory;
  readonly mailboxes: Mailboxes;
  enqueueFault(fault: Fault): void;
  clearFaults(): void;
  /** The newest 10,000 requests, oldest first, without their credentials. */
  requests(endpoint?: Endpoint): readonly RecordedRequest[];
  /** The next request to an endpoint that has not been taken yet; waits for it. @throws Error when none came in time. */
  takeRequest(endpoint: Endpoint, deadlineMs?: number): Promise<RecordedRequest>;
  /** An app registration with a secret that is good for two years, and the app roles of Graph granted. */
  addApp(options?: { displayName?: string; roles?: readonly string[] }): { app: TenantApp; secret: string };
  addSecret(app: TenantApp, expiresAt: number): string;
  /** Registers a certificate (PEM) with an app. */
  addCertificate(app: TenantApp, pem: string): void;
  addUser(address: string, options?: Partial<Omit<TenantUser, 'id' | 'address'>>): TenantUser;
  setAccessPolicies(policies: readonly AccessPolicy[]): void;
  setRoleAssignments(assignments: readonly RoleAssignment[]): void;
  /** Copies in a mailbox of the tenant, or of an address in the world outside it. */
  mailbox(address: string, folder?: MailCopy['folder']): readonly MailCopy[];
  close(): Promise<void>;
}

const recordedLimit = 10_000;
const twoYearsMs = 2 * 365 * 24 * 3600 * 1000;

/** Starts a practice tenant; ready when the promise resolves. */
export async function startPracticeTenant(options: PracticeTenantOptions = {}): Promise<PracticeTenant> {
  const now = options.now ?? Date.now;
  const host = options.host ?? '127.0.0.1';
  const directory = new Directory(
    (options.tenantId ?? randomUUID()).toLowerCase(),
    options.domain ?? 'contoso.example',
  );
  for (const address of options.users ?? []) directory.addUser(address);
  const mailboxes = new Mailboxes(options.keepBodies ?? 'all');
  const faults = new FaultQueue(options.random ?? Math.random);
  const [tokens, certificate] = await Promise.all([
    Tokens.create(now),
    createServerCertificate(['localhost', '127.0.0.1', '::1'], Date.now()),
  ]);

  const recorded: RecordedRequest[] = [];
  const untaken: RecordedRequest[] = [];
  const takers: { endpoint: Endpoint; resolve: (request: RecordedRequest) => void }[] = [];
  const record = (request: RecordedRequest) => {
    recorded.push(request);
    if (recorded.length > recordedLimit) recorded.shift();
    const taker = takers.findIndex(({ endpoint }) => endpoint === request.endpoint);
    if (taker !== -1) takers.splice(taker, 1)[0]?.resolve(request);
    else if (untaken.push(request) > recordedLimit) untaken.shift();
  };
  const reset = () => {
    mailboxes.clear();
    faults.clear();
    recorded.length = 0;
    untaken.length = 0;
  };

  let origin = '';
  const answer = async (request: TenantRequest): Promise<TenantResponse> => {
    const { method, segments } = request;
    const path = segments.slice(1).join('/').toLowerCase();
    if (segments.length === 0 && method === 'GET')
      return isLocalRequest(request) ? mailboxPage(mailboxes) : { status: 403 };
    if (segments[0] === '_practice')
      return answerControl({ directory, faults, mailboxes, requests: () => recorded, reset, now }, request);
    if (segments[0] === 'v1.0') return answerGraph({ directory, tokens, origin, now, mailboxes }, request);
    if (method === 'POST' && path === 'oauth2/v2.0/token')
      return answerTokenRequest({ directory, tokens, origin, now }, request);
    if (method === 'GET' && /^(?:v2\.0\/)?\.well-known\/openid-configuration$/.test(path))
      return openIdConfiguration(origin, directory.tenantId);
    if (method === 'GET' && path === 'discovery/v2.0/keys') return { status: 200, body: await tokens.jwks() };
    if (method === 'GET' && path === 'discovery/instance') return instanceDiscovery(origin, directory.tenantId);
    return {
      status: 404,
      body: { error: { code: 'NotFound', message: 'The practice tenant has nothing at this address.' } },
    };
  };

  const server = createTenantServer({ certificate, faults, now, record, answer });
  server.listen(options.port ?? 0, host);
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  origin = `https://localhost:${port}`;

  const addSecret = (app: TenantApp, expiresAt: number) => {
    const value = randomBytes(30).toString('base64url');
    app.secrets.push({ keyId: randomUUID(), value, expiresAt });
    return value;
  };

  return {
    origin,
    port,
    caPem: certificate.caPem,
    tenantId: directory.tenantId,
    domain: directory.domain,
    directory,
    mailboxes,
    enqueueFault: (fault) => faults.add(fault),
    clearFaults: () => faults.clear(),
    requests: (endpoint) => recorded.filter((request) => endpoint === undefined || request.endpoint === endpoint),
    takeRequest(endpoint, deadlineMs = 10_000) {
      const waiting = untaken.findIndex((request) => request.endpoint === endpoint);
      const found = waiting === -1 ? undefined : untaken.splice(waiting, 1)[0];
      if (found) return Promise.resolve(found);
      const { promise, resolve, reject } = Promise.withResolvers<RecordedRequest>();
      const timer = setTimeout(
        () => reject(new Error(`no request to ${endpoint} within ${deadlineMs} ms`)),
        deadlineMs,
      );
      takers.push({ endpoint, resolve });
      return promise.finally(() => clearTimeout(timer));
    },
    addApp(app = {}) {
      const added = directory.addApp(app.displayName ?? 'Mailroom', { roles: app.roles ?? ['Mail.Send'] });
      return { app: added, secret: addSecret(added, now() + twoYearsMs) };
    },
    addSecret,
    addCertificate(app, pem) {
      const parsed = new X509Certificate(pem);
      const digest = (algorithm: string) => createHash(algorithm).update(parsed.raw).digest('base64url');
      app.certificates.push({
        pem,
        thumbprints: [digest('sha256'), digest('sha1')],
        notBefore: parsed.validFromDate.getTime(),
        notAfter: parsed.validToDate.getTime(),
      });
    },
    addUser: (user, userOptions) => directory.addUser(user, userOptions),
    setAccessPolicies(policies) {
      directory.accessPolicies = [...policies];
    },
    setRoleAssignments(assignments) {
      directory.roleAssignments = [...assignments];
    },
    mailbox: (mailbox, folder) => mailboxes.of(mailbox, folder),
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
