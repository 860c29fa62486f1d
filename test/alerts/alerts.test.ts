import { createHmac } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { smartHostWay } from '../../src/alerts/smart-host-way.ts';
import { alertKinds } from '../../src/domain/alert.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';
import { until } from '../harness/until.ts';
import { SteppedClock } from '../queue/rig.ts';
import { openDesk, quietMs, webhook } from './desk.ts';
import { type Posted, startReceiver, urlSecret } from './receiver.ts';
import { startSmartHost } from './smart-host.ts';

const paused = {
  kind: 'connector-paused',
  connector: 'default',
  reason: 'credential-expired',
  detail: 'The client secret or certificate has expired. 401 invalid_client',
} as const;
const resumed = { kind: 'connector-resumed', connector: 'default', detail: '' } as const;
const minute = 60_000;
const day = 86_400_000;

const kindsOf = (posted: readonly { readonly text: string }[]) =>
  posted.map(({ text }): string => JSON.parse(text).data.alert.kind);

describe('an alert', () => {
  test('is-told-by-every-way-in-the-form-that-it-takes', async () => {
    await using folder = await temporaryFolder();
    await using teams = await startReceiver();
    await using slack = await startReceiver();
    await using generic = await startReceiver();
    await using host = await startSmartHost({ login: 'alerts', password: 'a-password' });
    const key = `whsec_${Buffer.from('twenty-four random bytes').toString('base64')}`;
    const { alerts } = openDesk(folder.path, new SteppedClock(), (now) => [
      webhook(teams.url, { name: 'teams', form: 'teams' })(now),
      webhook(slack.url, { name: 'slack', form: 'slack' })(now),
      webhook(generic.url, { name: 'generic', signingKey: key })(now),
      smartHostWay({
        name: 'mail',
        events: alertKinds,
        quietMs,
        host: '127.0.0.1',
        port: host.port,
        tls: 'none',
        login: 'alerts',
        password: 'a-password',
        from: 'alerts@provider.example',
        to: ['admin@contoso.example', 'oncall@contoso.example'],
      }),
    ]);
    alerts.raise({ ...paused, detail: 'It answered <b>no</b> & left.' });
    await until(
      'all have it',
      () => [teams, slack, generic].every(({ posted }) => posted.length === 1) && host.mails.length === 1,
    );
    await alerts.stop();

    const card = JSON.parse(teams.posted[0]?.text ?? '');
    expect(card).toMatchObject({
      type: 'message',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          content: {
            type: 'AdaptiveCard',
            body: [{ color: 'Attention', text: 'Connector default does not send' }, {}, {}, {}],
            actions: [{ type: 'Action.OpenUrl', url: 'https://mailroom.contoso.example/' }],
          },
        },
      ],
    });
    expect(JSON.parse(slack.posted[0]?.text ?? '').blocks[0].text.text).toContain('&lt;b&gt;no&lt;/b&gt; &amp; left.');

    const { headers = {}, text = '' }: Partial<Posted> = generic.posted[0] ?? {};
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${text}`;
    const signature = createHmac('sha256', 'twenty-four random bytes').update(signed).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${signature}`);
    expect(JSON.parse(text)).toMatchObject({ type: 'mailroom.connector-paused', data: { severity: 'critical' } });

    expect(host.mails[0]).toMatchObject({
      from: 'alerts@provider.example',
      to: ['admin@contoso.example', 'oncall@contoso.example'],
    });
    expect(host.mails[0]?.text).toContain('What to do: Entra admin centre');
    expect(host.mails[0]?.headers.get('auto-submitted')).toBe('auto-generated');
  });

  test('about-a-connector-does-not-go-by-that-connector', async () => {
    await using folder = await temporaryFolder();
    await using other = await startReceiver();
    await using own = await startReceiver();
    const { alerts } = openDesk(folder.path, new SteppedClock(), (now) => [
      { ...webhook(own.url, { name: 'own' })(now), dependsOn: 'default' },
      webhook(other.url, { name: 'other' })(now),
    ]);
    alerts.raise(paused);
    alerts.raise({ ...paused, connector: 'second' });
    await until('both are told', () => other.posted.length === 2 && own.posted.length === 1);
    await alerts.stop();
    expect(own.posted[0]?.text).toContain('Connector second');
  });
});

describe('a storm', () => {
  test('a-connector-that-comes-and-goes-is-one-alert-not-twenty', async () => {
    await using folder = await temporaryFolder();
    await using receiver = await startReceiver();
    const clock = new SteppedClock();
    const { alerts } = openDesk(folder.path, clock, (now) => [webhook(receiver.url)(now)]);
    for (let round = 0; round < 20; round += 1) {
      alerts.raise(paused);
      clock.advance(minute);
      alerts.raise(resumed);
      clock.advance(minute);
    }
    clock.advance(2 * quietMs);
    await until('it is quiet', () => receiver.posted.length >= 2 && alerts.standing()[0]?.waiting === 0);
    await alerts.stop();
    expect(kindsOf(receiver.posted)).toEqual(['connector-paused', 'connector-resumed']);
  });

  test('a-pause-that-comes-back-and-stays-is-told-when-the-quiet-time-is-over', async () => {
    await using folder = await temporaryFolder();
    await using receiver = await startReceiver();
    const clock = new SteppedClock();
    const { alerts } = openDesk(folder.path, clock, (now) => [webhook(receiver.url)(now)]);
    alerts.raise(paused);
    await until('the first is told', () => receiver.posted.length === 1);
    alerts.raise(resumed);
    await until('so is its end', () => receiver.posted.length === 2);
    clock.advance(minute);
    alerts.raise(paused);
    clock.advance(quietMs - 2 * minute);
    expect(receiver.posted).toHaveLength(2);
    clock.advance(2 * minute);
    await until('it is told again', () => receiver.posted.length === 3);
    await alerts.stop();
    expect(kindsOf(receiver.posted).at(-1)).toBe('connector-paused');
  });

  test('a-thousand-failed-messages-are-two-digests', async () => {
    await using folder = await temporaryFolder();
    await using receiver = await startReceiver();
    const clock = new SteppedClock();
    const { alerts } = openDesk(folder.path, clock, (now) => [webhook(receiver.url)(now)]);
    const fail = (count: number, from: number) => {
      for (let number = from; number < from + count; number += 1)
        alerts.raise({
          kind: 'message-failed',
          count: 1,
          since: clock.now(),
          faults: { [number % 2 === 0 ? 'expired' : 'recipient-refused']: 1 },
          messages: [`message-${number}`],
        });
    };
    fail(400, 0);
    clock.advance(2 * minute);
    await until('the first digest', () => receiver.posted.length === 1);
    fail(600, 400);
    clock.advance(2 * minute);
    expect(receiver.posted).toHaveLength(1);
    clock.advance(quietMs);
    await until('the second digest', () => receiver.posted.length === 2);
    await alerts.stop();
    const [first, second] = receiver.posted.map(({ text }) => JSON.parse(text).data.alert);
    expect(first).toMatchObject({ count: 400, faults: { expired: 200, 'recipient-refused': 200 } });
    expect(second).toMatchObject({ count: 600 });
    expect(second.messages).toHaveLength(10);
  });

  test('a-check-that-is-well-again-is-not-told-late', async () => {
    await using folder = await temporaryFolder();
    await using receiver = await startReceiver();
    const clock = new SteppedClock();
    const { alerts } = openDesk(folder.path, clock, (now) => [webhook(receiver.url)(now)]);
    const failed = {
      kind: 'check-failed',
      connector: 'default',
      check: 'hosts',
      sentence: 'No.',
      remedy: 'Mend.',
    } as const;
    alerts.raise(failed);
    await until('it is told', () => receiver.posted.length === 1);
    clock.advance(minute);
    alerts.raise(failed);
    alerts.settled('check-failed', 'default');
    clock.advance(2 * quietMs);
    await alerts.stop();
    expect(receiver.posted).toHaveLength(1);
  });
});

describe('a restart', () => {
  test('neither-loses-nor-repeats-an-alert', async () => {
    await using folder = await temporaryFolder();
    const clock = new SteppedClock();
    let receiver = await startReceiver();
    const { port } = receiver;
    await receiver[Symbol.asyncDispose]();
    const { url } = receiver;

    const first = openDesk(folder.path, clock, (now) => [webhook(url)(now)]);
    first.alerts.raise(paused);
    await until('nobody answers, and that shows', () => first.alerts.standing()[0]?.failing?.startsWith('No answer'));
    expect(first.logger.errors.join('\n')).toContain('An alert could not be told; it is tried again.');
    await first.alerts.stop();

    receiver = await startReceiver(port);
    const second = openDesk(folder.path, clock, (now) => [webhook(url)(now)]);
    second.alerts.stands(paused, clock.now() - minute);
    clock.advance(minute);
    await until(
      'it is told after all',
      () => receiver.posted.length === 1 && second.alerts.standing()[0]?.waiting === 0,
    );
    await second.alerts.stop();

    const third = openDesk(folder.path, clock, (now) => [webhook(url)(now)]);
    third.alerts.stands(paused, clock.now() - 2 * minute);
    clock.advance(day);
    await third.alerts.stop();
    expect(receiver.posted).toHaveLength(1);
    await receiver[Symbol.asyncDispose]();
  });

  test('each-mark-of-a-credential-is-told-once-however-often-it-is-looked-at', async () => {
    await using folder = await temporaryFolder();
    await using receiver = await startReceiver();
    const clock = new SteppedClock();
    const endsAt = clock.now() + 40 * day;
    for (const mark of [30, 30, 30, 14, 14, 7, 7, 1, 1, 0, 0] as const) {
      const { alerts } = openDesk(folder.path, clock, (now) => [webhook(receiver.url)(now)]);
      alerts.raise({ kind: 'credential-ends', connector: 'default', credential: 'client secret', endsAt, mark });
      await until('nothing waits', () => alerts.standing()[0]?.waiting === 0);
      await alerts.stop();
      clock.advance(day);
    }
    expect(receiver.posted.map(({ text }) => JSON.parse(text).data.alert.mark)).toEqual([30, 14, 7, 1, 0]);
  });
});

describe('a way that does not take an alert', () => {
  test('teams-says-200-and-means-no', async () => {
    await using folder = await temporaryFolder();
    await using receiver = await startReceiver();
    receiver.answer = {
      status: 200,
      body: 'Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId x',
    };
    const clock = new SteppedClock();
    const { alerts } = openDesk(folder.path, clock, (now) => [webhook(receiver.url, { form: 'teams' })(now)]);
    alerts.raise(paused);
    await until('it is not taken for told', () => alerts.standing()[0]?.failing?.includes('429'));
    receiver.answer = { status: 202 };
    clock.advance(minute);
    await until('the next try is', () => alerts.standing()[0]?.waiting === 0);
    expect(alerts.standing()[0]).toEqual({ way: 'hook', kind: 'webhook', waiting: 0 });
    await alerts.stop();
  });

  test('is-left-alone-as-long-as-it-asks', async () => {
    await using folder = await temporaryFolder();
    await using receiver = await startReceiver();
    receiver.answer = { status: 429, headers: { 'retry-after': '1800' } };
    const clock = new SteppedClock();
    const { alerts } = openDesk(folder.path, clock, (now) => [webhook(receiver.url)(now)]);
    alerts.raise(paused);
    await until('it refused', () => alerts.standing()[0]?.failing !== undefined);
    clock.advance(29 * minute);
    expect(receiver.posted).toHaveLength(1);
    receiver.answer = { status: 200 };
    clock.advance(2 * minute);
    await until('it takes it then', () => alerts.standing()[0]?.waiting === 0);
    await alerts.stop();
  });

  test('does-not-hold-up-the-others-and-is-given-up-in-the-end', async () => {
    await using folder = await temporaryFolder();
    await using good = await startReceiver();
    await using bad = await startReceiver();
    bad.answer = { status: 500, body: `no such hook /services/${urlSecret}` };
    const clock = new SteppedClock();
    const { alerts, logger } = openDesk(folder.path, clock, (now) => [
      webhook(bad.url, { name: 'bad' })(now),
      webhook(good.url, { name: 'good' })(now),
    ]);
    alerts.raise(paused);
    await until('the good one has it', () => good.posted.length === 1);
    for (let tries = 1; alerts.standing()[0]?.waiting !== 0; tries += 1) {
      await until('it was tried', () => bad.posted.length >= tries);
      await until('and put on record', () => clock.waiting > 0 || alerts.standing()[0]?.waiting === 0);
      clock.advance(day / 2);
    }
    await alerts.stop();
    expect(logger.errors.at(-1)).toContain('given up');
  });

  test('its-url-stands-in-no-answer-no-log-line-and-no-file', async () => {
    await using folder = await temporaryFolder();
    await using receiver = await startReceiver();
    receiver.answer = { status: 404, body: `There is no /services/${urlSecret}?sig=${urlSecret} here, ${urlSecret}.` };
    const lines: string[] = [];
    const note = (fields: object, sentence: string) => lines.push(JSON.stringify(fields), sentence);
    const logger = { errors: lines, warnings: lines, debug: note, info: note, warn: note, error: note };
    const { alerts } = openDesk(folder.path, new SteppedClock(), (now) => [webhook(receiver.url)(now)], logger);
    alerts.raise(paused);
    await until('it refused', () => alerts.standing()[0]?.failing !== undefined);
    const tested = await alerts.test('somebody');
    await alerts.stop();
    const book = readFileSync(join(folder.path, 'alerts.db'), 'latin1');
    expect([...lines, JSON.stringify(tested), book].join('\n')).not.toContain(urlSecret);
    if (process.platform !== 'win32') expect(statSync(join(folder.path, 'alerts.db')).mode & 0o077).toBe(0);
  });
});
