import { once } from 'node:events';
import { rename, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls, type SecureVersion, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { startSmtpListener } from '../../src/ingress/smtp/listener.ts';
import type { SmtpListenerOptions } from '../../src/ingress/smtp/options.ts';
import { TlsCertificate } from '../../src/ingress/smtp/tls-certificate.ts';
import { createAuthority, type TestAuthority } from '../harness/certificate.ts';
import { openDialogue } from '../harness/smtp-dialogue.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';
import { until } from '../harness/until.ts';
import { recordingPorts } from './recording-ports.ts';
import { listenerOptions } from './session-options.ts';

const cleanUp: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

/** A listener with a certificate in files of its own. */
async function listen(changes: Partial<SmtpListenerOptions> = {}, minVersion: SecureVersion = 'TLSv1.2') {
  const folder = await temporaryFolder();
  cleanUp.push(async () => folder[Symbol.asyncDispose]());
  const authority = await createAuthority();
  const files = { certificateFile: join(folder.path, 'certificate.pem'), keyFile: join(folder.path, 'key.pem') };
  await install(files, authority);
  const ports = recordingPorts(true);
  let reloads = 0;
  const certificate = new TlsCertificate({
    ...files,
    minVersion,
    clock: ports.clock,
    logger: ports.logger,
    onReload: () => {
      reloads += 1;
    },
  });
  cleanUp.push(() => certificate.close());
  const listener = await startSmtpListener({ ...listenerOptions({ tls: 'offered', ...changes }), certificate }, ports);
  cleanUp.push(() => listener.close(0));
  return { listener, ports, files, authority, reloads: () => reloads };
}

/** Puts a new pair in place as renewal tools do: written beside, then renamed. */
async function install(files: { certificateFile: string; keyFile: string }, authority: TestAuthority): Promise<void> {
  const pair = await authority.issue(['localhost']);
  for (const [file, text] of [
    [files.certificateFile, pair.certificatePem],
    [files.keyFile, pair.keyPem],
  ] as const) {
    await writeFile(`${file}.new`, text, { mode: 0o600 });
    await rename(`${file}.new`, file);
  }
}

/** The serial number that a new connection is shown. */
async function serialOf(port: number, ca: string): Promise<string> {
  const socket = connectTls({ port, host: '127.0.0.1', ca, servername: 'localhost' });
  await once(socket, 'secureConnect');
  const serial = socket.getPeerCertificate().serialNumber;
  socket.destroy();
  return serial;
}

describe('a certificate that is renewed', () => {
  it('is-in-use-without-a-restart', async () => {
    const { listener, ports, files, authority, reloads } = await listen({ tls: 'implicit' });
    const before = await serialOf(listener.port, authority.caPem);
    await install(files, authority);
    await until('the new pair has been read', () => {
      ports.clock.pass(250);
      return reloads() > 0;
    });
    expect(await serialOf(listener.port, authority.caPem)).not.toBe(before);
  });

  it('is-found-where-the-file-system-tells-of-no-change', async () => {
    const { listener, ports, files, authority, reloads } = await listen({ tls: 'implicit' });
    const before = await serialOf(listener.port, authority.caPem);
    await install(files, authority);
    // No turn of the event loop in between: whatever fs.watch has to say comes later than this look.
    ports.clock.pass(61_000);
    expect(reloads()).toBe(1);
    expect(await serialOf(listener.port, authority.caPem)).not.toBe(before);
  });

  it('and-broken-leaves-the-old-one-in-use-and-says-so', async () => {
    const { listener, ports, files, authority, reloads } = await listen({ tls: 'implicit' });
    const before = await serialOf(listener.port, authority.caPem);
    await writeFile(files.certificateFile, '-----BEGIN CERTIFICATE-----\nhalf a fi');
    for (let minute = 0; minute < 3; minute += 1) ports.clock.pass(61_000);
    expect(ports.logger.lines.filter((line) => line.includes('the old one stays in use'))).toHaveLength(1);
    expect(ports.logger.lines.join()).not.toContain('PRIVATE KEY');
    expect(await serialOf(listener.port, authority.caPem)).toBe(before);
    await install(files, authority);
    ports.clock.pass(61_000);
    expect(reloads()).toBe(1);
    expect(await serialOf(listener.port, authority.caPem)).not.toBe(before);
  });

  it('key-of-another-certificate-stops-the-start', async () => {
    await using folder = await temporaryFolder();
    const authority = await createAuthority();
    const one = { certificateFile: join(folder.path, 'one.pem'), keyFile: join(folder.path, 'one.key') };
    const two = { certificateFile: join(folder.path, 'two.pem'), keyFile: join(folder.path, 'two.key') };
    await install(one, authority);
    await install(two, authority);
    const { clock, logger } = recordingPorts(true);
    const mixed = { certificateFile: one.certificateFile, keyFile: two.keyFile, minVersion: 'TLSv1.2' as const };
    expect(() => new TlsCertificate({ ...mixed, clock, logger })).toThrow(/key values mismatch/i);
  });
});

it('whole-message-over-starttls-is-encrypted', async () => {
  const { listener, ports, authority } = await listen({ tls: 'required' });
  await using dialogue = await openDialogue({ port: listener.port });
  await dialogue.reply();
  await dialogue.command('EHLO x');
  await dialogue.startTls(authority.caPem);
  await dialogue.command('EHLO x');
  const answer = await dialogue.send('a@x.example', ['b@y.example'], `${'x'.repeat(70)}\r\n`.repeat(5_000));
  expect(answer.code).toBe(250);
  expect(ports.intake.accepted[0]?.start.origin.tls).toBe(true);
  expect(ports.intake.accepted[0]?.bytes.length).toBe(72 * 5_000);
});

describe('a handshake that fails', () => {
  it('is-counted-and-ends-nothing-else', async () => {
    const { listener, ports } = await listen({ tls: 'implicit' });
    const plain = connect({ port: listener.port, host: '127.0.0.1' });
    plain.on('error', () => undefined);
    const closed = new Promise((resolve) => plain.once('close', resolve));
    plain.write('EHLO x\r\n');
    await closed;
    await until('the failure is counted', () => ports.metrics.counts['tlsFailed'] === 1);
    expect(ports.logger.lines.some((line) => line.includes('TLS failed'))).toBe(true);
    await until('the connection is gone', () => listener.connections() === 0);
  });

  it('because-the-client-vanishes-after-starttls-leaves-no-connection', async () => {
    const { listener, authority } = await listen();
    const dialogue = await openDialogue({ port: listener.port });
    await dialogue.reply();
    await dialogue.command('STARTTLS');
    dialogue.cut();
    await until('the connection is gone', () => listener.connections() === 0);
    expect(await greetingAfterStartTls(listener.port, authority.caPem)).toBe(250);
  });

  it('by-silence-is-ended-after-a-minute', async () => {
    const { listener, ports } = await listen({ tls: 'implicit' });
    const silent = connect({ port: listener.port, host: '127.0.0.1' });
    silent.on('error', () => undefined).resume();
    await once(silent, 'connect');
    await until('it is known', () => listener.connections() === 1);
    ports.clock.pass(70_000);
    await until('the connection is gone', () => listener.connections() === 0);
    silent.destroy();
  });

  it('by-plaintext-behind-the-220-carries-nothing-over', async () => {
    const { listener, ports } = await listen();
    const dialogue = await openDialogue({ port: listener.port });
    await dialogue.reply();
    await dialogue.command('EHLO x');
    await dialogue.command('STARTTLS');
    dialogue.write('MAIL FROM:<evil@x.example>\r\nRCPT TO:<b@y.example>\r\nDATA\r\nx\r\n.\r\n');
    await dialogue.closed;
    expect(ports.intake.accepted).toEqual([]);
  });
});

async function greetingAfterStartTls(port: number, ca: string): Promise<number> {
  await using dialogue = await openDialogue({ port });
  await dialogue.reply();
  await dialogue.command('EHLO x');
  await dialogue.startTls(ca);
  return (await dialogue.command('EHLO x')).code;
}

describe('a printer with the TLS of the past', () => {
  const shakeHands = async (port: number, version: SecureVersion): Promise<string> => {
    const socket: TLSSocket = connectTls({
      port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      minVersion: version,
      maxVersion: version,
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    cleanUp.push(() => void (socket satisfies Socket).destroy());
    return Promise.race([
      once(socket, 'secureConnect').then(() => socket.getProtocol() ?? 'none'),
      once(socket, 'close').then(() => 'refused'),
    ]).catch(() => 'refused');
  };

  it.each(['TLSv1', 'TLSv1.1'] as const)(
    'is-served-by-a-listener-with-a-low-floor-and-no-other: %s',
    async (version) => {
      const low = await listen({ tls: 'implicit' }, 'TLSv1');
      expect(await shakeHands(low.listener.port, version)).toBe(version);
      expect(await shakeHands(low.listener.port, 'TLSv1.3')).toBe('TLSv1.3');
      const usual = await listen({ tls: 'implicit' });
      expect(await shakeHands(usual.listener.port, version)).toBe('refused');
      expect(await shakeHands(usual.listener.port, 'TLSv1.2')).toBe('TLSv1.2');
    },
  );
});
