/**
 * The console's web application, without a socket. Every request passes the same gates, in this order: who asks (the
 * session's cookie), whether the request comes from the console itself, and whether the role is enough.
 */
import fastifyCookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import fastify, { type FastifyInstance, type FastifyRequest, type FastifyServerOptions } from 'fastify';
import { type Fault, FaultError } from '../../domain/catalogue.ts';
import { AddressRanges } from '../../policy/address-ranges.ts';
import { askedFrom } from '../../policy/forwarded-address.ts';
import { aboutRoutes } from './about-routes.ts';
import { roles } from './accounts.ts';
import { alertRoutes } from './alert-routes.ts';
import { assistantRoutes } from './assistant-routes.ts';
import { bulkRoutes } from './bulk-routes.ts';
import { configurationRoutes } from './configuration-routes.ts';
import { consentAnswer } from './consent-answer.ts';
import { entraRoutes } from './entra-routes.ts';
import { guideRoutes } from './guide-routes.ts';
import { importRoutes } from './import-routes.ts';
import { jobRoutes } from './job-routes.ts';
import { limitRoutes } from './limit-routes.ts';
import { messageRoutes } from './message-routes.ts';
import { consoleDocument } from './openapi.ts';
import { overviewRoutes } from './overview-routes.ts';
import { ownRoutes } from './own-routes.ts';
import { servePages } from './pages.ts';
import { passkeyRoutes } from './passkey-routes.ts';
import { policyRoutes } from './policy-routes.ts';
import { faultOf, problemOf } from './problem.ts';
import type { Caller, ConsoleRoute } from './route.ts';
import { routeRoutes } from './route-routes.ts';
import { sessionRoutes } from './session-routes.ts';
import { SettingsInvalid } from './settings-port.ts';
import { settingsRoutes } from './settings-routes.ts';
import type { ConsolePlace } from './signing-in.ts';
import type { RouteParts } from './surroundings.ts';
import { userRoutes } from './user-routes.ts';

/** A page of another site cannot set it without asking first, and is told no. */
const ownHeader = 'x-mailroom-console';
const mostBodyBytes = 1024 * 1024;

export interface ConsoleOptions extends ConsolePlace {
  /** Folder that the build has written. */
  readonly pages: string;
  /** Ranges of reverse proxies that are believed who asks; none when not given. */
  readonly trustedProxies?: readonly string[];
}

/** Every route, in the order of the document. */
export function consoleRoutes(parts: RouteParts): readonly ConsoleRoute[] {
  return [
    ...sessionRoutes(parts),
    ...passkeyRoutes(parts),
    ...entraRoutes(parts),
    ...ownRoutes(parts),
    ...overviewRoutes(parts),
    ...limitRoutes(parts),
    ...messageRoutes(parts),
    ...bulkRoutes(parts),
    ...configurationRoutes(parts),
    ...routeRoutes(parts),
    ...settingsRoutes(parts),
    ...alertRoutes(parts),
    ...assistantRoutes(parts),
    ...guideRoutes(parts),
    ...importRoutes(parts),
    ...policyRoutes(parts),
    ...jobRoutes(parts),
    ...userRoutes(parts),
    ...aboutRoutes(parts),
  ];
}

/** Makes the application. `server` goes to the framework: TLS, time limits. */
export function createConsoleApp(
  options: ConsoleOptions,
  parts: RouteParts,
  server: FastifyServerOptions & { readonly https?: object } = {},
): FastifyInstance {
  const { basePath } = options;
  const trusted = new AddressRanges(options.trustedProxies ?? []);
  const addressOf = (request: FastifyRequest) => askedFrom(request, trusted);
  const app: FastifyInstance = fastify({
    ...server,
    bodyLimit: mostBodyBytes,
    trustProxy: false,
    return503OnClosing: true,
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
  });
  app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
    // This host alone: what else stands below its name is not ours to decide.
    hsts: options.secure ? { includeSubDomains: false } : false,
  });
  app.register(fastifyCookie);
  app.setErrorHandler((error, request, reply) => {
    const fault = faultOf(error);
    const fields = { remoteAddress: addressOf(request), method: request.method, path: request.routeOptions.url, fault };
    if (fault.code === 'internal-error') parts.server.logger.error(fields, 'A request of the console failed.');
    else parts.server.logger.info(fields, 'A request of the console was refused.');
    const problem = { ...problemOf(fault), ...(error instanceof SettingsInvalid ? { fields: error.fields } : {}) };
    return reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  });
  const routes = consoleRoutes(parts);
  app.register(async (scope) => {
    scope.addHook('onSend', async (_request, reply) => {
      if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
    });
    for (const each of routes) addRoute(scope, each, options, { ...parts, addressOf });
    scope.get(`${basePath}/api/openapi.json`, async () => consoleDocument(routes));
    scope.all(`${basePath}/api/*`, () => {
      throw new FaultError({ code: 'not-found' });
    });
  });
  app.register(async (scope) =>
    servePages(scope, options.pages, basePath, (request) => consentAnswer(request, basePath, parts.server.assistant)),
  );
  return app;
}

type AppParts = RouteParts & { readonly addressOf: (request: FastifyRequest) => string };

function addRoute(scope: FastifyInstance, each: ConsoleRoute, options: ConsoleOptions, parts: AppParts): void {
  scope.route({
    method: each.method,
    url: options.basePath + each.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    async handler(request, reply) {
      const caller = callerOf(request, parts);
      const fault = gate(each, request, caller, options);
      if (fault) throw new FaultError({ code: fault });
      const result = await each.run({ request, reply, caller });
      if (each.produces !== undefined) return reply;
      return result === undefined ? reply.code(204).send() : reply.send(result);
    },
  });
}

function callerOf(request: FastifyRequest, { sessions, cookie, addressOf }: AppParts): Caller {
  const token = request.cookies[cookie.name];
  const user = token === undefined ? undefined : sessions.find(token);
  return { name: user?.name ?? '', address: addressOf(request), user };
}

function gate(
  { method, audience }: ConsoleRoute,
  request: FastifyRequest,
  { user }: Caller,
  options: ConsoleOptions,
): Fault['code'] | undefined {
  if (audience !== 'stranger') {
    if (!user) return 'auth-required';
    if (roles.indexOf(user.role) < roles.indexOf(audience)) return 'role-too-low';
  }
  return method === 'GET' || isFromConsole(request, options) ? undefined : 'cross-site-request';
}

function isFromConsole(request: FastifyRequest, { origin: known }: ConsoleOptions): boolean {
  if (request.headers[ownHeader] === undefined) return false;
  const { origin } = request.headers;
  if (origin === undefined) return false;
  return known === undefined ? URL.parse(origin)?.host === request.headers.host : origin === known;
}
