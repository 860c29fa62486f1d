import { request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import { FaultError } from '../domain/catalogue.ts';
import type { Books, ConnectorPause } from '../queue/store.ts';
import { type HealthSource, startHealthListener } from './health.ts';
import { createMetrics } from './metrics.ts';

const books: Books = { accepted: 3, queued: 1, sending: 0, held: 0, sent: 2, failed: 0, uncertain: 0, cancelled: 0 };
const pause: ConnectorPause = { connector: 'main', pausedAt: 0, reason: 'operator', detail: 'by ada' };

/** A store that has nothing but figures. */
function figures(pauses: readonly ConnectorPause[] = []) {
  return {
    books: () => Promise.resolve(books),
    pauses: () => Promise.resolve(pauses),
    depth: () => Promise.resolve([{ connector: 'main', sender: 'a@b.example', queued: 1, oldestAcceptedAt: 60_000 }]),
  };
}

const figure = (text: string, line: string) =>
  new RegExp(`^${line.replace(/[{}"]/g, '\\$&')} (\\S+)$`, 'm').exec(text)?.[1];

describe('an operator who watches the figures', () => {
  it('sees messages counted as messages, and connections and requests apart from them', async () => {
    const metrics = createMetrics();
    for (let index = 0; index < 5; index += 1) metrics.smtp.connectionOpened('one');
    metrics.smtp.messageAnswered('one', undefined, 20);
    metrics.smtp.messageAnswered('one', 'quota-exceeded', 1);
    metrics.messageAccepted('payroll', 'smtp', 4);
    metrics.requestAccepted('api', 30);
    for (const code of ['auth-failed', 'not-found', 'request-invalid', 'address-not-allowed'])
      metrics.requestRefused('api', code);
    metrics.requestRefused('api', 'message-too-large');
    const text = await metrics.registry.metrics();
    expect(figure(text, 'mailroom_messages_accepted_total{client="payroll",ingress="smtp"}')).toBe('1');
    expect(figure(text, 'mailroom_recipients_accepted_total{client="payroll",ingress="smtp"}')).toBe('4');
    expect(figure(text, 'mailroom_smtp_connections_total{listener="one"}')).toBe('5');
    expect(figure(text, 'mailroom_accept_seconds_count{listener="one"}')).toBe('1');
    expect(figure(text, 'mailroom_accept_seconds_sum{listener="api"}')).toBe('0.03');
    expect(figure(text, 'mailroom_auth_failures_total{listener="api"}')).toBe('1');
    expect(text.match(/^mailroom_messages_refused_total\{.*$/gm)?.toSorted()).toEqual([
      'mailroom_messages_refused_total{listener="api",code="message-too-large"} 1',
      'mailroom_messages_refused_total{listener="one",code="quota-exceeded"} 1',
    ]);
    expect(text.match(/^mailroom_http_requests_refused_total\{/gm)?.length).toBe(5);
  });

  it('sees a pause that was made before the last restart, and its end', async () => {
    const metrics = createMetrics();
    metrics.connectorPaused('main', false);
    await metrics.readStore(figures([pause]), 90_000);
    expect(figure(await metrics.registry.metrics(), 'mailroom_connector_paused{connector="main"}')).toBe('1');
    await metrics.readStore(figures(), 90_000);
    const text = await metrics.registry.metrics();
    expect(figure(text, 'mailroom_connector_paused{connector="main"}')).toBe('0');
    expect(figure(text, 'mailroom_queue_oldest_seconds{connector="main",sender="a@b.example"}')).toBe('30');
    expect(figure(text, 'mailroom_messages{state="sent"}')).toBe('2');
    expect(text).not.toContain('state="accepted"');
  });

  it('sees the disk before it is full, and no figure that nobody has read', async () => {
    const metrics = createMetrics();
    const before = await metrics.registry.metrics();
    expect(before).not.toMatch(/^mailroom_(disk_free_bytes|attempts_in_flight)\S* \d/m);
    await using folder = await temporaryFolder();
    const dispatcher = {
      inFlight: 2,
      connectors: () => [{ connector: 'main', state: 'probing' as const }],
      lanes: () => [],
    };
    await metrics.readServer({ dispatcher, credentials: [], dataDir: folder.path }, 0);
    const text = await metrics.registry.metrics();
    expect(Number(figure(text, `mailroom_disk_free_bytes{folder="${folder.path}"}`))).toBeGreaterThan(0);
    expect(figure(text, 'mailroom_attempts_in_flight')).toBe('2');
    expect(figure(text, 'mailroom_connector_paused{connector="main"}')).toBe('1');
  });

  it('sees which lane is at its limit, and when a credential ends, and nothing of a connector that is gone', async () => {
    const metrics = createMetrics();
    await using folder = await temporaryFolder();
    const lane = { sender: 'a@b.example', inFlight: 1, messagesLastMinute: 30, recipientsLastDay: 900 };
    const dispatcher = {
      inFlight: 1,
      connectors: () => [],
      lanes: () => [
        { ...lane, connector: 'main', allowedInFlight: 4 },
        { ...lane, connector: 'second', allowedInFlight: 1, waitsUntil: 61_000 },
      ],
    };
    const credentials = [{ connector: 'main', endsAt: 1_800_000_000_000 }, { connector: 'second' }];
    await metrics.readServer({ dispatcher, credentials, dataDir: folder.path }, 60_000);
    const text = await metrics.registry.metrics();
    const second = '{connector="second",sender="a@b.example"}';
    expect(figure(text, `mailroom_lane_messages_last_minute${second}`)).toBe('30');
    expect(figure(text, `mailroom_lane_recipients_last_day${second}`)).toBe('900');
    expect(figure(text, `mailroom_lane_allowed_in_flight${second}`)).toBe('1');
    expect(figure(text, `mailroom_lane_waits${second}`)).toBe('1');
    expect(figure(text, 'mailroom_lane_waits{connector="main",sender="a@b.example"}')).toBe('0');
    expect(text.match(/^mailroom_credential_end_\S+ \S+$/gm)).toEqual([
      'mailroom_credential_end_timestamp_seconds{connector="main"} 1800000000',
    ]);
    const none = { inFlight: 0, connectors: () => [], lanes: () => [] };
    await metrics.readServer({ dispatcher: none, credentials: [], dataDir: folder.path }, 60_000);
    expect(await metrics.registry.metrics()).not.toMatch(/^mailroom_(lane|credential)\S+\{/m);
  });

  it('finds out what each figure means', async () => {
    const all = await createMetrics().registry.getMetricsAsJSON();
    expect(all.length).toBeGreaterThan(15);
    for (const { name, help } of all) {
      expect(name).toMatch(/^mailroom_[a-z_]+$/);
      expect(help, name).toMatch(/^.{15,}\.$|^1 while .*\.$|: .+$/);
    }
  });
});

describe('a load balancer that asks whether mail is taken here', () => {
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });

  async function answer(path: string, parts: Partial<HealthSource> = {}) {
    const source: HealthSource = {
      notReady: () => undefined,
      pauses: () => Promise.resolve([]),
      readMetrics: () => Promise.resolve(createMetrics().registry),
      ...parts,
    };
    const health = await startHealthListener({ host: '127.0.0.1', port: 0 }, source);
    closers.push(() => health.close());
    const { statusCode, body, headers } = await request(`http://${health.address}${path}`);
    return { status: statusCode, text: await body.text(), headers };
  }

  it('is not turned away by a paused connector: mail is safe, and the pause is shown', async () => {
    const ready = await answer('/readyz', { pauses: () => Promise.resolve([pause]) });
    expect(ready.status).toBe(200);
    expect(JSON.parse(ready.text)).toEqual({
      status: 'ready',
      pausedConnectors: [{ connector: 'main', reason: 'operator' }],
    });
  });

  it.each([
    ['while it stops', { notReady: () => 'it is stopping' }, 'it is stopping'],
    [
      'when the store cannot be asked',
      { pauses: () => Promise.reject(new Error('gone')) },
      'the store cannot be asked',
    ],
    [
      'when the disk is full',
      {
        store: {
          newBody: () => {
            throw new FaultError({ code: 'storage-full' });
          },
        },
      },
      'storage-full',
    ],
  ])('is turned away %s, and the process is alive all the same', async (_name, parts, why) => {
    const ready = await answer('/readyz', parts);
    expect([ready.status, JSON.parse(ready.text).why]).toEqual([503, why]);
    expect((await answer('/healthz', parts)).status).toBe(200);
  });

  it('gives a page in another browser tab nothing to read, and Prometheus its own format', async () => {
    const { status, text, headers } = await answer('/metrics');
    expect([status, headers['access-control-allow-origin']]).toEqual([200, undefined]);
    expect(headers['content-type']).toMatch(/^text\/plain/);
    expect(text).toContain('# HELP mailroom_messages ');
  });
});
