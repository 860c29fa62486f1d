/** Who asks behind a reverse proxy: in trails, in limits of failed logins, and for the ranges that may connect. */
import { expect, it } from 'vitest';
import { ConsoleClient, tokenOf } from '../harness/console-client.ts';
import { withConsole } from '../harness/with-console.ts';
import { account, read, runListener } from './running-listener.ts';

const simple = { from: account, to: ['ada@fabrikam.example'], subject: 'Ticket 88', text: 'Done.' };
const ada = '203.0.113.7';
const stranger = '198.51.100.66';
const behind = (chain: string) => ({ 'x-forwarded-for': chain });

it('http-goes-by-the-client: its trail, its wrong keys and the ranges that may connect', async () => {
  await using run = await runListener({
    options: { trustedProxies: ['127.0.0.1'], allowFrom: ['203.0.113.0/24', '198.51.100.66'] },
  });
  const trailed = await read(await run.post('/v1/messages', simple, behind(`10.9.9.9, garbage, ${ada}`)));
  expect((await run.store.trail(trailed.id))?.message.origin.remoteAddress).toBe(ada);
  expect((await run.post('/v1/messages', simple, behind('192.0.2.1'))).status).toBe(403);
  // The proxy itself is in no range, and rubbish is nobody's address.
  expect((await run.post('/v1/messages', simple, behind(`${ada}, rubbish`))).status).toBe(403);
  expect((await run.post('/v1/messages', simple)).status).toBe(403);
  const wrong = { authorization: 'Bearer nobody-has-this-key-at-all' };
  for (let time = 0; time < 10; time += 1)
    await run.post('/v1/messages', simple, { ...wrong, ...behind(`${time}.2.3.4, ${stranger}`) });
  const blocked = await run.post('/v1/messages', simple, { ...wrong, ...behind(stranger) });
  expect((await read(blocked)).body['code']).toBe('auth-throttled');
  expect((await run.post('/v1/messages', simple, behind(ada))).status).toBe(202);
});

it('http-believes-nobody-else', async () => {
  await using run = await runListener({ options: { trustedProxies: ['10.0.0.0/8'] } });
  const { id } = await read(await run.post('/v1/messages', simple, behind(`${ada}, 10.0.0.1`)));
  expect((await run.store.trail(id))?.message.origin.remoteAddress).toBe('127.0.0.1');
});

it('the-audit-trail-names-the-browser, and ten wrong passwords of a stranger slow down nobody else', async () => {
  const place = { trustedProxies: ['127.0.0.1', '10.0.0.0/8'] };
  await withConsole(async ({ url, firstRunUrl }) => {
    const own = new ConsoleClient(url);
    const name = { token: tokenOf(firstRunUrl), name: 'ada', password: 'correct horse battery' };
    expect((await own.ask('POST', 'api/first-run', name, behind(`evil, ${ada}, 10.1.1.1`))).status).toBe(200);
    const guess = { name: 'nobody', password: 'wrong horse battery' };
    const guesses: number[] = [];
    for (let time = 0; time < 12; time += 1) {
      const chain = behind(`10.0.0.${time}, ${stranger}`);
      guesses.push(
        (await new ConsoleClient(url).ask('POST', 'api/session', { ...guess, name: `n${time}` }, chain)).status,
      );
    }
    expect(guesses.at(-1)).toBe(429);
    const other = await new ConsoleClient(url).ask(
      'POST',
      'api/session',
      { name: 'ada', password: 'correct horse battery' },
      behind(ada),
    );
    expect(other.status).toBe(200);
    const trail = (await own.ask('GET', 'api/audit?limit=50', undefined, behind(ada))).text;
    expect(trail).toContain(`"address":"${ada}"`);
    expect(trail).not.toContain('127.0.0.1');
  }, place);
});
