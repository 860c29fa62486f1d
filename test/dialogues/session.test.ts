import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { SessionDriver } from './session-driver.ts';
import { listenerOptions } from './session-options.ts';

const transaction = 'EHLO x\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<b@y.example>\r\nDATA\r\n';
const bytes = (text: string) => [Buffer.from(text, 'latin1')];

/** A session whose next message becomes durable when the test says so. */
function withWaitingDisk() {
  const driver = new SessionDriver(listenerOptions(), true);
  const disk = Promise.withResolvers<void>();
  driver.ports.intake.durable = disk.promise;
  return { driver, disk };
}

/** Lets promises that are due go on, without waiting for the session to come to rest. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await setImmediate();
}

describe('a message that is being made durable', () => {
  it('is-not-answered-before', async () => {
    const { driver, disk } = withWaitingDisk();
    driver.session.receive(Buffer.from(`${transaction}x\r\n.\r\n`));
    await turns();
    expect(driver.transcript).toMatch(/354 .*\r\n$/);
    disk.resolve();
    await driver.settle();
    expect(driver.transcript).toMatch(/250 2\.0\.0 Ok: queued as M1\r\n$/);
  });

  it('holds-what-is-pipelined-behind-it-and-pauses-the-socket', async () => {
    const { driver, disk } = withWaitingDisk();
    driver.session.receive(Buffer.from(`${transaction}x\r\n.\r\n`));
    await turns();
    const before = driver.writes.length;
    driver.session.receive(Buffer.from('NOOP\r\nHELP\r\n'));
    await turns();
    expect({ paused: driver.paused, writes: driver.writes.length }).toEqual({ paused: true, writes: before });
    disk.resolve();
    await driver.settle();
    expect(driver.paused).toBe(false);
    // All three replies in one write: each write costs more than everything else.
    expect(driver.writes.slice(before)).toEqual([
      '250 2.0.0 Ok: queued as M1\r\n250 2.0.0 Ok\r\n214 2.0.0 See RFC 5321\r\n',
    ]);
  });

  it('stays-accepted-when-the-client-vanishes', async () => {
    const { driver, disk } = withWaitingDisk();
    driver.session.receive(Buffer.from(`${transaction}x\r\n.\r\n`));
    await turns();
    driver.session.disconnected();
    disk.resolve();
    await driver.settle();
    expect({ accepted: driver.ports.intake.accepted.length, aborted: driver.ports.intake.aborted }).toEqual({
      accepted: 1,
      aborted: 0,
    });
  });

  it('is-not-told-421-when-the-time-is-over-and-then-sent-again', async () => {
    const { driver, disk } = withWaitingDisk();
    driver.session.receive(Buffer.from(`${transaction}x\r\n.\r\n`));
    await turns();
    driver.session.look(driver.ports.clock.now() + 100 * 3_600_000);
    expect(driver.transcript).not.toContain('421');
    disk.resolve();
    await driver.settle();
    expect(driver.transcript).toMatch(/250 2\.0\.0 Ok: queued as M1\r\n$/);
  });

  it('is-answered-before-a-shutdown-says-goodbye', async () => {
    const { driver, disk } = withWaitingDisk();
    driver.session.receive(Buffer.from(`${transaction}x\r\n.\r\n`));
    await turns();
    driver.session.stop();
    expect(driver.transcript).not.toContain('421');
    disk.resolve();
    await driver.settle();
    expect(driver.transcript).toMatch(/queued as M1\r\n421 4\.3\.2 .*\r\n$/);
    expect(driver.ended).toBe(true);
  });
});

it('session-that-was-paused-before-starttls-can-be-paused-again-after-it', async () => {
  const driver = new SessionDriver(listenerOptions({ tls: 'offered' }), true);
  const first = Promise.withResolvers<void>();
  driver.ports.intake.durable = first.promise;
  driver.session.receive(Buffer.from(`${transaction}x\r\n.\r\n`));
  driver.session.receive(Buffer.from('STARTTLS\r\n'));
  expect(driver.paused).toBe(true);
  first.resolve();
  await driver.settle();
  expect(driver.transcript).toMatch(/220 2\.0\.0 .*\r\n$/);
  driver.session.securely();
  driver.ports.intake.durable = new Promise(() => {});
  driver.session.receive(Buffer.from(`${transaction}x\r\n.\r\n`));
  driver.session.receive(Buffer.from('NOOP\r\n'));
  expect(driver.paused).toBe(true);
});

describe('a client that does not read', () => {
  it('is-not-served-until-it-does', async () => {
    const driver = new SessionDriver(listenerOptions(), true);
    driver.reads = false;
    driver.session.receive(Buffer.from('NOOP\r\n'));
    driver.session.receive(Buffer.from('NOOP\r\nNOOP\r\n'));
    expect({ paused: driver.paused, replies: driver.replies }).toEqual({ paused: true, replies: 2 });
    driver.reads = true;
    driver.session.drained();
    expect({ paused: driver.paused, replies: driver.replies }).toEqual({ paused: false, replies: 4 });
  });

  it('loses-its-connection-when-it-never-does', () => {
    const driver = new SessionDriver(listenerOptions(), true);
    driver.reads = false;
    driver.session.receive(Buffer.from('NOOP\r\n'));
    driver.session.look(driver.ports.clock.now() + 300_001);
    expect(driver.ended).toBe(true);
  });
});

describe('a shutdown', () => {
  it('says-421-to-who-is-at-rest', () => {
    for (const words of ['', 'EHLO x\r\n', 'EHLO x\r\nMAIL FROM:<a@x.example>\r\n', 'EHLO x\r\nAUTH LOGIN\r\n']) {
      const driver = new SessionDriver(listenerOptions(), true);
      if (words) driver.session.receive(Buffer.from(words));
      driver.session.stop();
      expect(driver.transcript, words).toMatch(/421 4\.3\.2 .*\r\n$/);
      expect(driver.ended, words).toBe(true);
    }
  });

  it('lets-a-message-under-way-come-to-its-end', async () => {
    const driver = new SessionDriver(listenerOptions(), true);
    await driver.feed(bytes(`${transaction}first `));
    driver.session.stop();
    await driver.feed(bytes('second\r\n.\r\nMAIL FROM:<a@x.example>\r\n'));
    expect(driver.transcript).toMatch(
      /queued as M1\r\n421 4\.3\.2 .*\r\n$|queued as M1\r\n250 2\.1\.0 Ok\r\n421 .*\r\n$/,
    );
    expect(driver.ports.intake.accepted[0]?.bytes).toBe('first second\r\n');
  });
});

it('log-of-a-refusal-names-the-connection-and-the-rule', async () => {
  const driver = new SessionDriver(listenerOptions(), true);
  await driver.feed(bytes('EHLO x\r\nMAIL FROM:<a@forbidden.example>\r\n'));
  const [line = ''] = driver.ports.logger.lines;
  expect(line).toContain('"connection":"test"');
  expect(line).toContain('SECRET RULE');
  expect(driver.transcript).not.toContain('SECRET RULE');
});

it('message-refused-is-counted-once-as-a-message', async () => {
  const driver = new SessionDriver(listenerOptions(), true);
  await driver.feed(bytes(`${transaction}a\nb\r\n.\r\n`));
  await driver.feed(bytes(`${transaction}ab\r\n.\r\n`));
  expect(driver.ports.metrics.counts).toEqual({ 'messageAnswered bare-newline': 1, messageAnswered: 1 });
});
