/**
 * Puts the practice tenant together and listens: one service stands for Microsoft's hosts (sign-in, Graph, Exchange, the
 * portal), one more for the host of uploads, and SMTP where it is asked for. Any number of tenants live in it.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:net';
import { CertificateAuthority, type KeptAuthority } from './certificate-authority.ts';
import { VirtualClock } from './clock.ts';
import { type CloudName, clouds } from './clouds.ts';
import { answerControl } from './control/control-api.ts';
import { Directory } from './directory/directory.ts';
import type { DirectoryState } from './directory/directory-state.ts';
import { emptyDirectory } from './directory/empty-directory.ts';
import { answerEntra } from './entra/entra-routes.ts';
import { Grants } from './entra/grants.ts';
import { SignInSessions } from './entra/sign-in-sessions.ts';
import { Tokens } from './entra/tokens.ts';
import { answerExchange } from './exchange/exchange-routes.ts';
import { FaultQueue } from './faults/fault.ts';
import { answerGraph } from './graph/graph-routes.ts';
import { answerUpload } from './graph/mail/upload-session.ts';
import { preflight, readableElsewhere } from './http/cross-origin.ts';
import { endpointOf } from './http/endpoint-of.ts';
import type { TenantRequest, TenantResponse } from './http/exchange.ts';
import { RequestLog } from './http/request-log.ts';
import { createTenantServer, type ServerParts } from './http/server.ts';
import { lazily } from './lazily.ts';
import { TrafficLimits } from './limits/traffic-limits.ts';
import { type KeepBodies, type KeptMailboxes, Mailboxes } from './mailboxes/mailboxes.ts';
import { Shells } from './portal/powershell/shells.ts';
import { type Profile, type ProfileName, profiles } from './profile.ts';
import type { Service, Tenant } from './service.ts';

export interface TenantOptions {
  readonly tenantId?: string;
  /** Verified domains; the first is the default. contoso.example when not given. */
  readonly domains?: readonly string[];
  readonly displayName?: string;
  /** A directory that was kept; the other names are not used then. */
  readonly state?: DirectoryState;
  /** Mail that was kept with it. */
  readonly mail?: KeptMailboxes;
  /** `documented` when not given. */
  readonly profile?: ProfileName;
  /** Values of the profile to be otherwise. */
  readonly limits?: Partial<Profile>;
}

export interface PracticeServiceOptions {
  readonly tenants?: readonly TenantOptions[];
  readonly cloud?: CloudName;
  /** Tenants that another national cloud has, by id or domain. */
  readonly elsewhere?: Readonly<Record<string, CloudName>>;
  /** 0 or nothing: any free port. */
  readonly port?: number;
  /** Port of the host of uploads; 0 or nothing: any free one. */
  readonly uploadPort?: number;
  /** Port of SMTP submission; no SMTP when not given, 0 for any free port. */
  readonly smtpPort?: number;
  /** Loopback unless said otherwise: its control side has no login, and must not be exposed. */
  readonly host?: string;
  /** Further host names of the certificate. */
  readonly names?: readonly string[];
  readonly authority?: KeptAuthority;
  /** ms since the epoch; the time of this machine when not given. */
  readonly now?: () => number;
  readonly random?: () => number;
  readonly keepBodies?: KeepBodies;
  /** How far the tenants' clock is ahead at the start, ms. */
  readonly clockOffsetMs?: number;
  /** Told after each change of a directory, of mail, of the clock or of a limit. */
  readonly changed?: () => void;
}

export interface PracticeService extends Service {
  readonly port: number;
  readonly smtpPort: number | undefined;
  readonly caPem: string;
  readonly faults: FaultQueue;
  readonly log: RequestLog;
  keptAuthority(): Promise<KeptAuthority>;
  close(): Promise<void>;
}

const portal = lazily(() => import('./portal/portal-routes.ts'));
const submission = lazily(() => import('./exchange/smtp/submission-server.ts'));

const notFound: TenantResponse = {
  status: 404,
  body: { error: { code: 'NotFound', message: 'The practice tenant has nothing at this address.' } },
};

/** Starts the service; ready when the promise resolves. @throws Error when a port is taken */
export async function startPracticeService(options: PracticeServiceOptions = {}): Promise<PracticeService> {
  const clock = new VirtualClock(options.now);
  clock.advance(options.clockOffsetMs ?? 0);
  const changed = options.changed ?? (() => {});
  const random = options.random ?? Math.random;
  const cloud = clouds[options.cloud ?? 'global'];
  const host = options.host ?? '127.0.0.1';
  const names = ['localhost', '127.0.0.1', '::1', ...(options.names ?? [])];
  const faults = new FaultQueue(random);
  const log = new RequestLog();
  const [tokens, authority] = await Promise.all([
    Tokens.create(clock),
    options.authority ? CertificateAuthority.from(options.authority) : CertificateAuthority.create(Date.now()),
  ]);
  const certificate = await authority.issue(names, Date.now());
  const tenants: Tenant[] = (options.tenants ?? [{}]).map((tenant) => {
    const { tenantId = randomUUID(), domains = ['contoso.example'], displayName } = tenant;
    const fresh = () =>
      emptyDirectory({ tenantId, domains, ...(displayName ? { displayName } : {}) }, cloud, clock.now());
    const profile = { ...profiles[tenant.profile ?? 'documented'], ...tenant.limits };
    const mailboxes = new Mailboxes(options.keepBodies ?? 'all', clock, changed);
    if (tenant.mail) mailboxes.restore(tenant.mail);
    return {
      directory: new Directory(tenant.state ?? fresh()),
      mailboxes,
      profile,
      limits: new TrafficLimits(profile, clock),
    };
  });
  const tenantByName = (name: string) => {
    const wanted = name.toLowerCase();
    return tenants.find(({ directory }) =>
      [directory.tenantId, ...directory.state.domains].some((each) => each.toLowerCase() === wanted),
    );
  };

  const parts: Omit<ServerParts, 'answer' | 'endpointOf'> = {
    certificate,
    wrongCertificate: async (problem) => {
      const other = problem === 'untrusted' ? await CertificateAuthority.create(Date.now()) : authority;
      if (problem === 'expired') return other.issue(names, Date.now(), -0.5);
      return other.issue(problem === 'wrong-name' ? ['elsewhere.example'] : names, Date.now());
    },
    faults,
    now: clock.now,
    outside: clock.outside,
    record: (request) => log.record(request),
  };
  // The addresses are known once it listens, and no request comes before.
  let service: PracticeService;
  const main = createTenantServer({ ...parts, endpointOf, answer: (request) => route(service, request) });
  const uploads = createTenantServer({
    ...parts,
    endpointOf: () => 'upload',
    answer: (request) => answerUpload(service, request),
  });
  const port = await listen(main.server, options.port ?? 0, host);
  const uploadPort = await listen(uploads.server, options.uploadPort ?? 0, host);
  const base: Service = {
    origin: `https://localhost:${port}`,
    uploadOrigin: `https://127.0.0.1:${uploadPort}`,
    cloud,
    clock,
    random,
    tokens,
    sessions: new SignInSessions(clock),
    grants: new Grants(clock),
    shells: new Shells(),
    tenants,
    elsewhere: new Map(Object.entries(options.elsewhere ?? {}).map(([name, at]) => [name.toLowerCase(), at])),
    tenant: tenantByName,
    changed,
  };
  const smtp =
    options.smtpPort === undefined
      ? undefined
      : await (await submission()).startSubmissionServer(base, {
          host,
          port: options.smtpPort,
          certificate,
          fault: (stage) => {
            const action = faults.take({ endpoint: 'smtp', path: stage });
            if (action?.kind === 'reply') return action.stage === stage ? action.text : undefined;
            return action === undefined ? undefined : 'drop';
          },
        });
  service = {
    ...base,
    port,
    smtpPort: smtp?.port,
    caPem: authority.caPem,
    faults,
    log,
    keptAuthority: () => authority.kept(),
    async close() {
      await Promise.all([main.close(), uploads.close(), smtp?.close()]);
    },
  };
  return service;
}

async function route(service: PracticeService, request: TenantRequest): Promise<TenantResponse> {
  return preflight(request) ?? readableElsewhere(request, await answerFrom(service, request));
}

async function answerFrom(service: PracticeService, request: TenantRequest): Promise<TenantResponse> {
  const first = request.segments[0]?.toLowerCase();
  if (first === '_practice') return answerControl(service, request);
  if (first === 'v1.0') return answerGraph(service, request);
  if (first === 'adminapi') return (await answerExchange(service, request)) ?? notFound;
  // Browsers ask for it unasked.
  if (first === 'favicon.ico') return { status: 204 };
  if (first === undefined || first === 'portal') {
    const { answerPortal } = await portal();
    return (await answerPortal(service, request)) ?? notFound;
  }
  return (await answerEntra(service, request)) ?? notFound;
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}
