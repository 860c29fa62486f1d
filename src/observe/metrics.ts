/**
 * Everything that is counted, for Prometheus. A message is counted as a message: connections have a metric of their own.
 *
 * `docs/reference/metrics.md` is generated from the registry, so each metric says here what it means.
 */
import { statfs } from 'node:fs/promises';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { AlertWayStanding } from '../domain/alert.ts';
import type { AttemptResult } from '../domain/outcome.ts';
import type { ConnectorStanding } from '../queue/dispatcher-options.ts';
import type { LaneStanding } from '../queue/lane.ts';
import type { QueueStore } from '../queue/store.ts';

const durationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Refusals of a request in which no message was handed in yet: somebody unknown, a status that is not there, a wrong form. */
const requestCodes = ['auth-required', 'auth-failed', 'auth-throttled', 'address-not-allowed', 'not-found'];
const formCodes = ['request-invalid', 'media-type'];

/** What the metrics ask of the running server. */
export interface ServerFigures {
  readonly dispatcher: {
    readonly inFlight: number;
    connectors(): readonly ConnectorStanding[];
    lanes(): readonly LaneStanding[];
  };
  /** Ends in ms since the epoch; absent where nothing says when. */
  readonly credentials: readonly { readonly connector: string; readonly endsAt?: number }[];
  /** The folder whose disk is looked at. */
  readonly dataDir: string;
  readonly alerts?: { standing(): readonly AlertWayStanding[] };
}

export type Metrics = ReturnType<typeof createMetrics>;

/** Makes all metrics in a registry of their own. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  const connections = new Gauge({
    name: 'mailroom_smtp_connections',
    help: 'SMTP connections that are open.',
    labelNames: ['listener'],
    registers,
  });
  const connectionsTotal = new Counter({
    name: 'mailroom_smtp_connections_total',
    help: 'SMTP connections that were taken. Not messages.',
    labelNames: ['listener'],
    registers,
  });
  const connectionsRefused = new Counter({
    name: 'mailroom_smtp_connections_refused_total',
    help: 'SMTP connections that were refused, by code of the catalogue.',
    labelNames: ['listener', 'code'],
    registers,
  });
  const authFailures = new Counter({
    name: 'mailroom_auth_failures_total',
    help: 'Logins and API keys that were refused.',
    labelNames: ['listener'],
    registers,
  });
  const tlsFailures = new Counter({
    name: 'mailroom_tls_failures_total',
    help: 'TLS handshakes that failed.',
    labelNames: ['listener'],
    registers,
  });
  const accepted = new Counter({
    name: 'mailroom_messages_accepted_total',
    help: 'Messages that were made durable and answered with 250 or 202.',
    labelNames: ['client', 'ingress'],
    registers,
  });
  const recipients = new Counter({
    name: 'mailroom_recipients_accepted_total',
    help: 'Recipients of accepted messages.',
    labelNames: ['client', 'ingress'],
    registers,
  });
  const requestsRefused = new Counter({
    name: 'mailroom_http_requests_refused_total',
    help: 'HTTP requests that were refused, by code of the catalogue. Not messages.',
    labelNames: ['listener', 'code'],
    registers,
  });
  const refused = new Counter({
    name: 'mailroom_messages_refused_total',
    help: 'Messages that were refused, by code of the catalogue: by SMTP after their last byte, by HTTP at any step.',
    labelNames: ['listener', 'code'],
    registers,
  });
  const acceptSeconds = new Histogram({
    name: 'mailroom_accept_seconds',
    help: 'Time from the last byte of an accepted message to its 250 or 202, in seconds: the sync of the disk, above all.',
    labelNames: ['listener'],
    buckets: durationBuckets,
    registers,
  });
  const attempts = new Counter({
    name: 'mailroom_attempts_total',
    help: 'Attempts that ended, by outcome and fault.',
    labelNames: ['connector', 'outcome', 'fault'],
    registers,
  });
  const attemptSeconds = new Histogram({
    name: 'mailroom_attempt_seconds',
    help: 'Duration of attempts, in seconds.',
    labelNames: ['connector', 'outcome'],
    buckets: durationBuckets,
    registers,
  });
  const paused = new Gauge({
    name: 'mailroom_connector_paused',
    help: '1 while the connector is paused, 0 while it runs.',
    labelNames: ['connector'],
    registers,
  });
  const inFlight = new Gauge({
    name: 'mailroom_attempts_in_flight',
    help: 'Attempts under way.',
    registers,
  });
  // Without this it would say 0 before anybody has looked.
  inFlight.remove();
  const diskFree = new Gauge({
    name: 'mailroom_disk_free_bytes',
    help: 'Free space on the disk of the data folder, in bytes. At queue.reserve no more mail is accepted.',
    labelNames: ['folder'],
    registers,
  });
  const messages = new Gauge({
    name: 'mailroom_messages',
    help: 'Messages on record, by state.',
    labelNames: ['state'],
    registers,
  });
  const depth = new Gauge({
    name: 'mailroom_queue_depth',
    help: 'Messages that wait, by connector and sending mailbox.',
    labelNames: ['connector', 'sender'],
    registers,
  });
  const oldest = new Gauge({
    name: 'mailroom_queue_oldest_seconds',
    help: 'Age of the oldest message that waits, in seconds.',
    labelNames: ['connector', 'sender'],
    registers,
  });

  const laneInFlight = new Gauge({
    name: 'mailroom_lane_in_flight',
    help: 'Attempts under way in a lane: one app registration sending as one mailbox.',
    labelNames: ['connector', 'sender'],
    registers,
  });
  const laneAllowed = new Gauge({
    name: 'mailroom_lane_allowed_in_flight',
    help: 'As many attempts may be under way in the lane now: fewer than its limit after it was told to wait.',
    labelNames: ['connector', 'sender'],
    registers,
  });
  const laneMessages = new Gauge({
    name: 'mailroom_lane_messages_last_minute',
    help: 'Messages that the lane sent within the last minute, against the limit of the mailbox.',
    labelNames: ['connector', 'sender'],
    registers,
  });
  const laneRecipients = new Gauge({
    name: 'mailroom_lane_recipients_last_day',
    help: 'Recipients that the lane sent to within the last day, against the limit of the mailbox.',
    labelNames: ['connector', 'sender'],
    registers,
  });
  const laneWaits = new Gauge({
    name: 'mailroom_lane_waits',
    help: '1 while the service wants the lane to wait, 0 while it does not.',
    labelNames: ['connector', 'sender'],
    registers,
  });
  const credentialEnds = new Gauge({
    name: 'mailroom_credential_end_timestamp_seconds',
    help: 'When the credential of the connector ends, in seconds since 1970; not there where nothing says when.',
    labelNames: ['connector'],
    registers,
  });

  const alertsTotal = new Counter({
    name: 'mailroom_alerts_total',
    help: 'Attempts to tell an alert, by way and result: told, refused (tried again) or given-up.',
    labelNames: ['way', 'result'],
    registers,
  });
  const alertsWaiting = new Gauge({
    name: 'mailroom_alerts_waiting',
    help: 'Alerts that a way has not taken yet.',
    labelNames: ['way'],
    registers,
  });

  const known = new Set<string>();

  return {
    registry,
    smtp: {
      connectionOpened: (listener: string) => {
        connections.inc({ listener });
        connectionsTotal.inc({ listener });
      },
      connectionClosed: (listener: string) => connections.dec({ listener }),
      connectionRefused: (listener: string, code: string) => connectionsRefused.inc({ listener, code }),
      authFailed: (listener: string) => authFailures.inc({ listener }),
      tlsFailed: (listener: string) => tlsFailures.inc({ listener }),
      messageAnswered: (listener: string, code: string | undefined, ms: number) => {
        if (code === undefined) acceptSeconds.observe({ listener }, ms / 1000);
        else refused.inc({ listener, code });
      },
    },
    /** A message that HTTP took, `ms` after its last byte. */
    requestAccepted: (listener: string, ms: number) => acceptSeconds.observe({ listener }, ms / 1000),
    /** A refusal by HTTP, at whatever step. */
    requestRefused: (listener: string, code: string) => {
      requestsRefused.inc({ listener, code });
      if (code.startsWith('auth-')) authFailures.inc({ listener });
      if (!requestCodes.includes(code) && !formCodes.includes(code)) refused.inc({ listener, code });
    },
    messageAccepted: (client: string, ingress: string, recipientCount?: number) => {
      accepted.inc({ client, ingress });
      if (recipientCount !== undefined) recipients.inc({ client, ingress }, recipientCount);
    },
    attemptEnded: (connector: string, result: AttemptResult) => {
      const fault = result.outcome === 'sent' ? '' : result.fault;
      attempts.inc({ connector, outcome: result.outcome, fault });
      attemptSeconds.observe({ connector, outcome: result.outcome }, result.durationMs / 1000);
    },
    connectorPaused: (connector: string, isPaused: boolean) => {
      known.add(connector);
      paused.set({ connector }, isPaused ? 1 : 0);
    },
    alertEnded: (way: string, result: string) => alertsTotal.inc({ way, result }),
    /** Process figures of prom-client: memory, CPU, event loop. They keep timers, so a short-lived process does without. */
    collectProcess: () => collectDefaultMetrics({ register: registry, prefix: 'mailroom_' }),
    /** Reads what stands in the store; called when somebody asks for the metrics. */
    async readStore(store: Pick<QueueStore, 'books' | 'depth' | 'pauses'>, now: number): Promise<void> {
      const { accepted: _sum, ...byState } = await store.books();
      for (const [state, count] of Object.entries(byState)) messages.set({ state }, count);
      // From the record: a pause that an earlier process made was told to nobody in this one.
      const pauses = new Set((await store.pauses()).map((pause) => pause.connector));
      for (const connector of known.union(pauses)) paused.set({ connector }, pauses.has(connector) ? 1 : 0);
      depth.reset();
      oldest.reset();
      for (const lane of await store.depth()) {
        const labels = { connector: lane.connector, sender: lane.sender };
        depth.set(labels, lane.queued);
        oldest.set(labels, lane.oldestAcceptedAt === undefined ? 0 : Math.max(0, now - lane.oldestAcceptedAt) / 1000);
      }
    },
    /** Reads what the running server knows; called when somebody asks for the metrics. */
    async readServer(server: ServerFigures, now: number): Promise<void> {
      const { dispatcher, credentials, dataDir, alerts } = server;
      for (const { way, waiting } of alerts?.standing() ?? []) alertsWaiting.set({ way }, waiting);
      inFlight.set(dispatcher.inFlight);
      // A probe is an attempt on trial: the connector counts as paused until it has gone well.
      for (const { connector, state } of dispatcher.connectors())
        paused.set({ connector }, state === 'running' ? 0 : 1);
      // Connectors and their mailboxes change while the server runs: what is gone is not shown any longer.
      for (const gauge of [laneInFlight, laneAllowed, laneMessages, laneRecipients, laneWaits, credentialEnds])
        gauge.reset();
      for (const lane of dispatcher.lanes()) {
        const labels = { connector: lane.connector, sender: lane.sender };
        laneInFlight.set(labels, lane.inFlight);
        laneAllowed.set(labels, lane.allowedInFlight);
        laneMessages.set(labels, lane.messagesLastMinute);
        laneRecipients.set(labels, lane.recipientsLastDay);
        laneWaits.set(labels, (lane.waitsUntil ?? 0) > now ? 1 : 0);
      }
      for (const { connector, endsAt } of credentials)
        if (endsAt !== undefined) credentialEnds.set({ connector }, endsAt / 1000);
      const { bavail, bsize } = await statfs(dataDir);
      diskFree.set({ folder: dataDir }, bavail * bsize);
    },
  };
}
