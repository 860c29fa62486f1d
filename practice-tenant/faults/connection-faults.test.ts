import { connect } from 'node:net';
import { Agent, fetch } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type PracticeTenant, startPracticeTenant } from '../tenant.ts';

let tenant: PracticeTenant;
beforeAll(async () => {
  tenant = await startPracticeTenant({ profile: 'unlimited', smtpPort: 0 });
});
afterAll(() => tenant.close());
afterEach(() => tenant.clearFaults());

/** One request on a connection of its own: its Date, or the code of the error that it met. */
async function ask(): Promise<string> {
  const agent = new Agent({ connect: { ca: tenant.caPem } });
  try {
    const answer = await fetch(`${tenant.origin}/common/discovery/instance?api-version=1.1`, { dispatcher: agent });
    await answer.arrayBuffer();
    return answer.headers.get('date') ?? 'no date';
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  } finally {
    await agent.destroy();
  }
}

describe('a fault of the connection', () => {
  test.each([
    ['expired', 'CERT_HAS_EXPIRED'],
    ['wrong-name', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['untrusted', /UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED_CERT_IN_CHAIN|CERT_SIGNATURE_FAILURE/],
    ['alert', /SSL|EPROTO/],
  ] as const)('shows TLS that is %s, and then the right certificate again', async (problem, code) => {
    tenant.enqueueFault({ endpoint: 'connection', action: { kind: 'tls', problem } });
    expect(await ask()).toMatch(code);
    expect(await ask()).toMatch(/GMT$/);
  });

  test('is nobody there', async () => {
    tenant.enqueueFault({ endpoint: 'connection', times: 2, action: { kind: 'refuse' } });
    expect(await ask()).toMatch(/ECONNRESET|UND_ERR_SOCKET|EPIPE/);
    expect(await ask()).toMatch(/ECONNRESET|UND_ERR_SOCKET|EPIPE/);
    expect(await ask()).toMatch(/GMT$/);
  });

  test('a-clock-that-is-wrong shows in Date', async () => {
    tenant.enqueueFault({ endpoint: 'discovery', action: { kind: 'clock', offByMs: 3_600_000 } });
    const off = Date.parse(await ask()) - Date.now();
    expect(Math.abs(off - 3_600_000)).toBeLessThan(60_000);
  });

  test('is aimed by method and path', async () => {
    tenant.enqueueFault({ pathContains: '/elsewhere', action: { kind: 'answer', status: 418 } });
    tenant.enqueueFault({ method: 'post', action: { kind: 'answer', status: 418 } });
    expect(await ask()).toMatch(/GMT$/);
    expect(tenant.requests('discovery').at(-1)?.status).toBe(200);
  });

  test('greets an SMTP client with what the fault says', async () => {
    tenant.enqueueFault({
      endpoint: 'smtp',
      action: { kind: 'reply', stage: 'connect', text: '421 4.3.2 Service not available' },
    });
    const socket = connect(tenant.smtpPort ?? 0, '127.0.0.1').setEncoding('utf8');
    const { promise, resolve } = Promise.withResolvers<string>();
    socket.once('data', resolve);
    expect(await promise).toMatch(/^421 4\.3\.2/);
    socket.destroy();
  });
});
