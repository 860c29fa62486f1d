/** The web console as part of a running Mailroom: its listener, its file, and what it is shown of the rest. */
import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { BulkActions } from './admin/bulk-actions.ts';
import { BulkBook } from './admin/bulk-book.ts';
import { createConsoleApp } from './admin/http/app.ts';
import { AuditTrail } from './admin/http/audit-trail.ts';
import { bulkRecorder } from './admin/http/bulk-routes.ts';
import { ConsoleFileError, openConsoleFile, saysSqlite } from './admin/http/console-file.ts';
import type { SecretKeeper } from './admin/http/second-factor.ts';
import { signingIn } from './admin/http/signing-in.ts';
import type { ConsoleServer } from './admin/http/surroundings.ts';
import { checkConnectorOnce, knownBefore } from './check-connector.ts';
import type { Config } from './config/schema.ts';
import { clientView, connectorView, listenerWishes, redactionView, routeView } from './console-views.ts';
import { openEntraApp } from './entra-app.ts';
import { TlsCertificate } from './ingress/smtp/tls-certificate.ts';
import { licencesOf } from './licences.ts';
import { compileRedaction } from './policy/redaction.ts';
import { allChecks } from './setup/checks/all-checks.ts';
import type { CheckHistory } from './setup/checks/check-history.ts';
import { supportBundle } from './support-bundle.ts';

export interface RunningConsole {
  readonly address: string;
  /** Where a browser on this machine finds it. */
  readonly url: string;
  /** One-time link for the first administrator; absent once somebody has used one. */
  readonly firstRunUrl?: string;
  reload(): void;
  close(): Promise<void>;
}

export type ConsoleParts = Pick<
  ConsoleServer,
  'operator' | 'clock' | 'logger' | 'version' | 'settings' | 'assistant' | 'credentials' | 'alerts' | 'gate'
> & {
  readonly checkHistory: CheckHistory;
  readonly recentLog: () => readonly string[];
  /** In the words of Prometheus. */
  readonly metrics: () => Promise<string>;
  /** Where the secrets of second factors are kept, encrypted at rest. */
  readonly secrets: SecretKeeper;
  readonly limits?: ConsoleLimits;
};

const root = join(import.meta.dirname, '..');
const pages = join(root, 'console', 'dist');
/** Against slow requests, which strangers can send too. */
export interface ConsoleLimits {
  /** ms until a request's header is in. */
  readonly header: number;
  /** ms until the whole request is in; an answer may take longer. */
  readonly request: number;
  /** ms of a connection on which nothing is asked. */
  readonly idle: number;
  readonly connections: number;
}
const defaultLimits: ConsoleLimits = { header: 15_000, request: 60_000, idle: 75_000, connections: 500 };
/** Runs of the checks among which each connector's last one is looked for. */
const checksLookedAt = 200;

/**
 * Opens the console.
 * @throws ConsoleFileError; Error in one sentence when its address or its certificate cannot be used.
 */
export async function startConsole(
  current: () => Config,
  listen: { readonly host: string; readonly port: number },
  parts: ConsoleParts,
): Promise<RunningConsole> {
  const config = current();
  const { tls, origin, basePath, trustedProxies } = config.console;
  const { clock, logger, limits = defaultLimits } = parts;
  const socketLimits = {
    headersTimeout: limits.header,
    connectionsCheckingInterval: Math.max(100, Math.min(5_000, limits.header / 2)),
  };
  const file = openConsoleFile(config.dataDir);
  const options = {
    basePath,
    origin,
    secure: tls !== undefined || (origin?.startsWith('https://') ?? false),
    pages,
    trustedProxies,
  };
  const read = (files: NonNullable<typeof tls>) => ({
    cert: readFileSync(files.certificate),
    key: readFileSync(files.key),
    minVersion: files.minVersion,
  });
  const entra = config.console.entra && openEntraApp(config.console.entra);
  const signing = signingIn(file, { clock, secrets: parts.secrets, place: options, entra: entra?.app });
  const { accounts } = signing;
  const audit = new AuditTrail(file, clock);
  const bulk = new BulkActions({ ...parts, book: new BulkBook(file), told: bulkRecorder(audit) });
  try {
    const app = createConsoleApp(
      options,
      {
        server: serverOf(current, parts),
        ...signing,
        audit,
        bulk,
        redirectUri: (request) =>
          `${origin ?? request.headers.origin ?? `${tls ? 'https' : 'http'}://${request.headers.host}`}${basePath}/connectors/SMTP.aspx`,
      },
      {
        keepAliveTimeout: limits.idle,
        requestTimeout: limits.request,
        ...(tls ? { https: { ...read(tls), ...socketLimits } } : { http: socketLimits }),
      },
    );
    app.server.maxConnections = limits.connections;
    await app.listen(listen);
    bulk.resume();
    const certificate =
      tls &&
      new TlsCertificate({
        certificateFile: tls.certificate,
        keyFile: tls.key,
        minVersion: tls.minVersion,
        clock,
        logger,
        onReload() {
          if ('setSecureContext' in app.server && typeof app.server.setSecureContext === 'function')
            app.server.setSecureContext(read(tls));
        },
      });
    const bound = app.server.address();
    const port = typeof bound === 'object' && bound ? bound.port : listen.port;
    const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
    const url = `${origin ?? `${tls ? 'https' : 'http'}://${host}:${port}`}${basePath}/`;
    return {
      address: `${host}:${port}`,
      url,
      // Behind the #, the token is in no request and in no log of a proxy.
      ...(accounts.inUse() ? {} : { firstRunUrl: `${url}first-run#${accounts.invite()}` }),
      reload: () => certificate?.reload(),
      async close() {
        certificate?.close();
        // A browser keeps its connections open, and no mail hangs on them.
        app.server.closeAllConnections();
        await app.close();
        await bulk.close();
        await entra?.close();
        file.close();
      },
    };
  } catch (error) {
    file.close();
    if (saysSqlite(error)) throw new ConsoleFileError(config.dataDir, error);
    throw new Error(
      `The console cannot be opened on ${listen.host}:${listen.port}: ${error instanceof Error ? error.message : error}`,
      { cause: error },
    );
  }
}

/** The configuration is asked for anew each time: it may have been changed. */
function serverOf(
  current: () => Config,
  { checkHistory, recentLog, metrics, secrets: _, ...parts }: ConsoleParts,
): ConsoleServer {
  const { dataDir, queue, redact } = current();
  return {
    ...parts,
    get connectors() {
      return current().connectors.map(connectorView);
    },
    get clients() {
      return current().clients.map(clientView);
    },
    get routes() {
      return current().routes.map(routeView);
    },
    listenerWishes: (name) => listenerWishes(current(), name),
    get routeRules() {
      return current().routes;
    },
    keeping: {
      bodiesMs: queue.keepBodies,
      failedBodiesMs: queue.keepFailedBodies,
      historyMs: queue.keepHistory,
      expireAfterMs: queue.expireAfter,
      redaction: redact.map(redactionView),
    },
    redactionOf: compileRedaction(redact),
    checks: allChecks.filter(({ wanted }) => !wanted).map(({ id, statement }) => ({ id, statement })),
    lastChecks() {
      const entries = checkHistory.list(checksLookedAt);
      return current().connectors.flatMap(({ name }) => entries.find(({ connector }) => connector === name) ?? []);
    },
    async runChecks({ connector: name, forbidden, send, signal, told }) {
      const connector = current().connectors.find((each) => each.name === name);
      if (!connector) return;
      await checkConnectorOnce(
        connector,
        { send, forbidden: forbidden ? [forbidden] : [] },
        { told, signal, ...knownBefore(current(), name) },
      );
    },
    supportBundle: () =>
      supportBundle({
        config: current(),
        operator: parts.operator,
        checks: checkHistory.list(checksLookedAt),
        metrics,
        log: recentLog(),
        now: parts.clock.now(),
      }),
    licences: () => licencesOf(join(root, 'package-lock.json')),
    async disk() {
      const { bavail, bsize } = await statfs(dataDir);
      return { freeBytes: bavail * bsize, reserveBytes: queue.reserve };
    },
  };
}
