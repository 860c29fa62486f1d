/**
 * The composition root: configuration → parts → wiring → start, and the same in reverse to stop. Read this first; then
 * docs/flow.md tells the way of a message through these parts.
 */

import { dirname, join } from 'node:path';
import { type ControlServer, startControlServer } from './admin/control-server.ts';
import { createOperator, type Operator, type Status } from './admin/operator.ts';
import type { LoadOptions } from './config/load.ts';
import type { Config } from './config/schema.ts';
import { buildConnector } from './connectors.ts';
import type { ConsoleLimits, RunningConsole } from './console.ts';
import { putDeliveryTogether } from './delivery.ts';
import type { CrashProbe } from './domain/crash-point.ts';
import type { Clock, Logger, Random } from './domain/ports.ts';
import { DraftLedger } from './egress/graph/draft-ledger.ts';
import { createSubmit } from './ingress/direct-submission.ts';
import { createIntake } from './ingress/submission.ts';
import { openSmtpListener } from './listeners.ts';
import { LiveConfiguration } from './live-configuration.ts';
import { noDeliveryLog, openDeliveryLog } from './observe/delivery-log.ts';
import { type Collect, collector } from './observe/full-collection.ts';
import { heapRoom, v8 } from './observe/heap-room.ts';
import { createLateMetrics, type LateMetrics } from './observe/late-metrics.ts';
import { memoryRelief } from './observe/memory-relief.ts';
import { AccountPools } from './policy/account-pool.ts';
import { createGate } from './policy/policy-gate.ts';
import { compileRedaction } from './policy/redaction.ts';
import { LaneLoads } from './queue/lane-loads.ts';
import type { QueueStore } from './queue/store.ts';
import { openConfiguredVault, openSettings } from './settings/open-settings.ts';
import type { CredentialKeeper } from './setup/renewal/credential-keeper.ts';
import { openEmbeddedStore } from './storage/embedded/open.ts';
import type { EmbeddedStoreSetup } from './storage/embedded/options.ts';
import { Upkeep } from './upkeep.ts';
import { makeFolder } from './vault/make-folder.ts';

export interface MailroomPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** The last lines of the log, for the support bundle. */
  readonly recentLog?: () => readonly string[];
  readonly version: string;
  /** How the configuration was read: with it, the console may change what the file leaves open. */
  readonly configuration?: LoadOptions;
  /** The store's second thread, when it was begun ahead of all this. */
  readonly indexThread?: EmbeddedStoreSetup['thread'];
  /** Nothing can be sent any more before another start: whoever runs the server is to end it and start it anew. */
  readonly onIndexLost?: EmbeddedStoreSetup['onIndexLost'];
  /** Collects the heap; its own when not given. */
  readonly collect?: Collect;
  /** Called when a load has been over for a minute. */
  readonly atRest?: () => void;
  /** For crash tests alone. */
  readonly probe?: CrashProbe;
  /** Of the console's connections; its own when not given. */
  readonly consoleLimits?: ConsoleLimits;
  /** False in a process that lives for a moment or beside others: no process metrics, no control socket. */
  readonly standalone?: boolean;
  /** Whether credentials are looked after; as `standalone` says, when not given. */
  readonly credentials?: boolean;
}

export interface Mailroom {
  readonly listeners: Status['listeners'];
  readonly store: QueueStore;
  readonly operator: Operator;
  readonly metrics: LateMetrics;
  readonly credentials: CredentialKeeper;
  /** Absent when none is configured. */
  readonly console?: Pick<RunningConsole, 'url' | 'firstRunUrl'>;
  /** Log files are opened anew and certificates read again. */
  reload(): void;
  /** Takes no more mail, lets what is under way end until the deadline of the configuration, and lets go of everything. */
  stop(): Promise<void>;
}

/**
 * Starts a Mailroom; it takes mail when the promise resolves.
 * @throws Error in one sentence when the store, a certificate or a listener cannot be opened; nothing stays open then.
 */
export async function startMailroom(config: Config, ports: MailroomPorts): Promise<Mailroom> {
  const { clock, logger, random, probe } = ports;
  const closers: (() => Promise<void> | void)[] = [];
  const stopAll = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    const isServer = ports.standalone !== false;
    const metrics = createLateMetrics(isServer);
    const { deliveryLog: deliveryLogFile } = config.observe;
    makeFolder(join(config.dataDir, 'bodies'));
    if (deliveryLogFile) makeFolder(dirname(deliveryLogFile));
    const deliveryLog = deliveryLogFile ? await openDeliveryLog(deliveryLogFile, clock, logger) : noDeliveryLog;
    closers.push(() => deliveryLog.close());

    const passed = memoryRelief(ports.collect ?? collector());
    const store = await openEmbeddedStore({
      dir: config.dataDir,
      clock,
      logger,
      options: {
        reserveBytes: config.queue.reserve,
        receivingBytes: config.queue.receivingBytes,
        keepSentBodiesMs: config.queue.keepBodies,
        keepFailedBodiesMs: config.queue.keepFailedBodies,
        keepHistoryMs: config.queue.keepHistory,
      },
      passed,
      ...(ports.indexThread ? { thread: ports.indexThread } : {}),
      ...(ports.onIndexLost ? { onIndexLost: ports.onIndexLost } : {}),
      ...(probe ? { probe } : {}),
    });
    closers.push(() => store.close());

    const drafts = DraftLedger.open(config.dataDir, logger);
    const loads = new LaneLoads({ store, clock, logger });
    const pools = new AccountPools((connector, account) => loads.of(connector, account));
    const live = await LiveConfiguration.begin(config, {
      build: (connector, { routes }) => buildConnector(connector, routes, { clock, probe, drafts }),
      makeGate: (current, built) =>
        createGate({
          clients: current.clients,
          connectors: current.connectors.map((connector, index) => ({
            ...connector,
            // Asked each time: a mail server says what it takes when it is first talked to.
            get maxMessageBytes() {
              return built[index]?.courier.maxMessageBytes ?? 0;
            },
            maxRecipients: built[index]?.courier.maxRecipients ?? 0,
          })),
          routes: current.routes,
          clock,
          acceptedSince: (client, since) => store.acceptedSince(client, since),
          pools,
        }),
      store,
      logger,
    });
    closers.push(() => live.close());
    const { gate } = live;
    for (const { name } of live.connectors) metrics.connectorPaused(name, false);

    const upkeep = new Upkeep({
      current: () => live.config,
      store,
      metrics,
      clock,
      logger,
      runsChecks: isServer,
      looksAfterCredentials: ports.credentials ?? isServer,
    });
    closers.push(() => upkeep.stop());
    const { alerts, credentials } = upkeep;

    const mailFlows = heapRoom(clock, v8, ports.atRest);
    const intake = createIntake({
      store,
      gate,
      clock,
      logger,
      hostname: config.hostname,
      lifetimeMs: config.queue.expireAfter,
      holdsRoute: (route) => gate.holds(route),
      redactionOf: compileRedaction(config.redact),
      onAccepted(message) {
        mailFlows();
        loads.add(message.route.connector, message.route.sender);
        pools.took(message);
        metrics.messageAccepted(message.client, message.origin.ingress, message.envelope.recipients.length);
        deliveryLog.accepted(message);
      },
      onRefused(fault, start) {
        logger.info({ client: start.client.name, code: fault.code, detail: fault.detail }, 'message refused');
      },
    });
    const submit = createSubmit({ intake, clients: () => live.config.clients.map((client) => client.name) });

    const parts = { live, store, upkeep, metrics, deliveryLog, clock, random, logger, probe, drafts };
    const { dispatcher, notices, delays, sweep } = putDeliveryTogether(config, parts);
    closers.push(() => sweep.stop());
    loads.connect(() => dispatcher.closedLanes());

    const listeners: Status['listeners'][number][] = [];
    let draining = false;
    const session = { gate, intake, clock, logger, metrics: metrics.smtp, ...(probe ? { probe } : {}) };
    const certificates: { reload(): void; close(): void }[] = [];
    const openListeners: { close(drainMs: number): Promise<void> }[] = [];
    let dispatching = false;
    closers.push(async () => {
      await delays.stop();
      // All at once: the deadline is one for the whole server.
      const [drained] = await Promise.all([
        dispatching ? dispatcher.drain(config.queue.drain) : undefined,
        ...openListeners.map((listener) => listener.close(config.queue.drain)),
      ]);
      for (const certificate of certificates) certificate.close();
      if (drained && drained.brokenOff > 0)
        logger.warn({ ...drained }, 'Attempts were broken off at the deadline; their messages are uncertain.');
    });
    for (const listenerConfig of config.smtp) {
      const { listener, certificate } = await openSmtpListener(listenerConfig, config.hostname, session);
      openListeners.push(listener);
      if (certificate) certificates.push(certificate);
      listeners.push({ name: listener.name, kind: 'smtp', address: `${listener.host}:${listener.port}` });
    }

    for (const httpConfig of config.http) {
      const { startHttpListener } = await import('./ingress/http/listener.ts');
      const listener = await startHttpListener(
        {
          ...httpConfig,
          receivingBytes: config.queue.receivingBytes,
          // Beside the bodies of messages: what a crash leaves there is cleared away at the next start.
          spoolFolder: join(config.dataDir, 'bodies'),
        },
        {
          ...{ intake, gate, store, logger, clock, passed },
          onAccepted: (name, ms) => metrics.requestAccepted(name, ms),
          onRefused: (name, code) => metrics.requestRefused(name, code),
        },
      );
      openListeners.push(listener);
      listeners.push({ name: listener.name, kind: 'http', address: `${listener.host}:${listener.port}` });
    }

    const operator = createOperator({
      store,
      clock,
      version: ports.version,
      lifetimeMs: config.queue.expireAfter,
      startedAt: clock.now(),
      listeners,
      alerts: () => alerts.standing(),
      dispatcher,
      onIntervened(ids, action, by) {
        deliveryLog.intervened(ids, action, by);
        sweep.look();
      },
    });
    const reload = () => {
      deliveryLog.reopen();
      for (const certificate of certificates) certificate.reload();
      webConsole?.reload();
    };
    const readMetrics = async () => {
      const now = clock.now();
      const all = await metrics.read();
      await all.readStore(store, now);
      await all.readServer({ dispatcher, credentials: credentials.list(), dataDir: config.dataDir, alerts }, now);
      return all.registry;
    };
    let webConsole: RunningConsole | undefined;
    if (config.console.listen) {
      const [{ startConsole }, { ConsoleFileError }, { createAssistant }, { whyNoToken }] = await Promise.all([
        import('./console.ts'),
        import('./admin/http/console-file.ts'),
        import('./assistant/assistant.ts'),
        import('./check-connector.ts'),
      ]);
      const settings =
        ports.configuration && openSettings(ports.configuration, (next) => live.change(next), logger, whyNoToken);
      const secrets = openConfiguredVault(ports.configuration, config.dataDir);
      const assistant = createAssistant({
        current: () => live.config,
        desk: settings,
        vault: secrets,
        credentials,
        resume: (name, detail) => dispatcher.resumeConnector(name, detail),
        clock,
        logger,
      });
      closers.push(() => assistant.close());
      const opened = await startConsole(() => live.config, config.console.listen, {
        settings,
        assistant,
        operator,
        alerts,
        gate: live.gate,
        checkHistory: upkeep.checkHistory,
        credentials: () => credentials.list(),
        recentLog: () => ports.recentLog?.() ?? [],
        metrics: async () => (await readMetrics()).metrics(),
        secrets,
        clock,
        logger,
        version: ports.version,
        ...(ports.consoleLimits ? { limits: ports.consoleLimits } : {}),
      }).catch((error: unknown) => {
        // Mail does not wait for the console. Nothing is begun anew here: whoever asked for a new file would be its first user.
        if (!(error instanceof ConsoleFileError)) throw error;
        logger.error({ err: error }, `The console stays closed. ${error.message}`);
      });
      if (opened) {
        closers.push(() => opened.close());
        listeners.push({ name: 'console', kind: 'http', address: opened.address });
        webConsole = opened;
      }
    }
    if (isServer) {
      const control: ControlServer = await startControlServer(config.control.socket, {
        operator,
        submit,
        reload,
        testAlerts: (by, way) => alerts.test(by, way),
      });
      closers.push(() => control.close());
    }
    if (config.observe.metricsListen) {
      const { startHealthListener } = await import('./observe/health.ts');
      const health = await startHealthListener(config.observe.metricsListen, {
        notReady: () => (draining ? 'it is stopping' : undefined),
        pauses: () => store.pauses(),
        store,
        readMetrics,
      });
      closers.push(() => health.close());
      listeners.push({ name: 'metrics', kind: 'http', address: health.address });
    }

    await notices.catchUp();
    await dispatcher.start();
    dispatching = true;
    if (config.queue.notices && config.queue.delayNotices !== 'none') delays.start();
    sweep.look();
    await upkeep.start();
    return {
      listeners,
      store,
      operator,
      metrics,
      credentials,
      ...(webConsole ? { console: webConsole } : {}),
      reload,
      async stop() {
        draining = true;
        await stopAll();
      },
    };
  } catch (error) {
    await stopAll();
    throw error;
  }
}
