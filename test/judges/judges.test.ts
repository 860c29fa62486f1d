import { describe, expect, it } from 'vitest';
import { watchTraffic } from '../../practice-tenant/http/traffic.ts';
import { trafficTally } from '../graph-schema/tally.ts';
import { judge, lightClients, whyAbsent } from './light-clients.ts';
import { openStage } from './stage.ts';

const rows = Object.entries(lightClients).map(([name, file]) => ({ name, file, whyNot: whyAbsent(name) }));
for (const { name, whyNot } of rows)
  if (whyNot !== undefined) process.stderr.write(`SKIPPED: ${name} does not judge the practice tenant: ${whyNot}\n`);

describe('clients that were written for Microsoft 365', () => {
  for (const { name, file, whyNot } of rows)
    it.skipIf(whyNot !== undefined)(`${name}-takes-the-practice-tenant-for-the-real-thing`, async () => {
      const tally = trafficTally();
      const stop = watchTraffic((traffic) => tally.see(traffic));
      await using stage = await openStage(process.env['PATH'] ?? '');
      const { status, stderr } = await judge(file, stage.env);
      stop();
      expect(stderr).toBe('');
      expect(status).toBe(0);
      // It did come here, and what it met was as Microsoft's schema has it.
      expect(tally.checked).toBeGreaterThan(0);
      expect(tally.takeProblems()).toEqual([]);
    });
});
