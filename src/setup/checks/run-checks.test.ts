import { promises } from 'node:dns';
import { Agent } from 'undici';
import { afterAll, describe, expect, test } from 'vitest';
import { clouds } from '../../microsoft/clouds.ts';
import { portals } from '../../microsoft/portals.ts';
import { documentedLimits } from '../../queue/lane-limits.ts';
import type { Check, CheckContext, CheckState } from './check.ts';
import { mostUrgent, runChecks } from './run-checks.ts';

const connections = new Agent();
afterAll(() => connections.close());

const context: CheckContext = {
  connector: {
    name: 'default',
    kind: 'graph',
    portals: portals.global,
    cloud: clouds.global,
    tenantId: 'contoso.example',
    clientId: '11111111-2222-3333-4444-555555555555',
    userName: 'noreply@contoso.example',
    credential: { kind: 'secret', secret: 'unused' },
    readsSentItems: false,
    largeMailBySmtp: false,
    largeMailByUpload: false,
    exchangeAdmin: clouds.global.exchange,
    limits: documentedLimits,
    renewsItself: false,
  },
  wishes: { send: false, forbidden: [] },
  dns: promises,
  findings: {},
  connections,
  now: () => 0,
  pause: () => Promise.resolve(),
  newId: () => 'an id',
};

function check(id: string, state: CheckState, needs: readonly string[] = []): Check {
  return { id, statement: `${id} is well`, needs, run: () => Promise.resolve({ state, evidence: [id] }) };
}

describe('checks that rest on each other', () => {
  test('the-cause-stands-first: what rests on a failure is not looked at, and is no failure of its own', async () => {
    const reports = await runChecks(
      [check('credential', 'fail'), check('mailbox', 'pass', ['credential']), check('forbidden', 'pass', ['mailbox'])],
      context,
    );
    expect(reports.map(({ state }) => state)).toEqual(['fail', 'unknown', 'unknown']);
    expect(reports[1]?.evidence).toEqual(['Not looked at, because this is not so yet: credential is well']);
    expect(mostUrgent(reports)?.id).toBe('credential');
  });

  test('a warning stops nothing', async () => {
    const reports = await runChecks([check('roles', 'warn'), check('mailbox', 'pass', ['roles'])], context);
    expect(reports.map(({ state }) => state)).toEqual(['warn', 'pass']);
    expect(mostUrgent(reports)?.id).toBe('roles');
  });

  test('a check that breaks is an open question, not the end of the others', async () => {
    const broken: Check = { ...check('hosts', 'pass'), run: () => Promise.reject(new Error('no such thing')) };
    const reports = await runChecks([broken, check('days-left', 'pass')], context);
    expect(reports.map(({ state }) => state)).toEqual(['unknown', 'pass']);
    expect(reports[0]?.evidence).toEqual(['The check itself failed: no such thing']);
  });

  test('what is not asked for is not run, and each is told of as it ends', async () => {
    const told: string[] = [];
    const send: Check = { ...check('send', 'pass'), wanted: ({ wishes }) => wishes.send };
    await runChecks([check('hosts', 'pass'), send], context, ({ id }) => told.push(id));
    expect(told).toEqual(['hosts']);
  });

  test('nothing is urgent when all is well', async () => {
    expect(mostUrgent(await runChecks([check('hosts', 'pass')], context))).toBeUndefined();
  });
});
