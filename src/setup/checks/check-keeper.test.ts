import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/harness/temporary-folder.ts';
import type { Clock } from '../../domain/ports.ts';
import { CheckHistory } from './check-history.ts';
import { CheckKeeper } from './check-keeper.ts';
import type { CheckReport } from './run-checks.ts';

const dayMs = 86_400_000;

/** A clock whose timers go off when it is moved. */
function movedClock() {
  let now = 0;
  let timers: { at: number; call: () => void }[] = [];
  const clock: Clock = {
    now: () => now,
    after(delayMs, call) {
      const timer = { at: now + delayMs, call };
      timers.push(timer);
      return () => {
        timers = timers.filter((each) => each !== timer);
      };
    },
  };
  return {
    clock,
    /** Moves on, and lets what goes off come to its end. */
    async advance(ms: number) {
      const endsAt = now + ms;
      for (;;) {
        const [next] = timers.filter(({ at }) => at <= endsAt).toSorted((one, other) => one.at - other.at);
        if (!next) break;
        timers = timers.filter((each) => each !== next);
        now = next.at;
        next.call();
        await new Promise((settled) => setImmediate(settled));
      }
      now = endsAt;
    },
  };
}

async function kept(answers: readonly CheckReport['state'][]) {
  const folder = await temporaryFolder();
  const history = new CheckHistory(join(folder.path, 'checks.jsonl'));
  const { clock, advance } = movedClock();
  const logged: string[] = [];
  const log = (_fields: object, sentence: string) => logged.push(sentence);
  let runs = 0;
  const keeper = new CheckKeeper({
    connectors: ['default'],
    run: () => {
      const state = answers[Math.min(runs, answers.length - 1)] ?? 'pass';
      runs += 1;
      const remedy = state === 'pass' ? {} : { remedy: 'Mend it.' };
      return Promise.resolve([
        { id: 'mailbox', statement: 'It may send.', state, evidence: ['It was asked.'], durationMs: 1, ...remedy },
      ]);
    },
    history,
    clock,
    logger: { debug: log, info: log, warn: log, error: log },
  });
  keeper.start();
  return { folder, history, keeper, advance, logged, runs: () => runs };
}

describe('the checks of a running server', () => {
  test('run after the start and then daily, and what they said is kept', async () => {
    const { folder, history, advance, logged } = await kept(['pass', 'fail']);
    await using _folder = folder;
    await advance(3 * dayMs);
    expect(history.list(10).map(({ because, states }) => [because, states['mailbox']])).toEqual([
      ['daily', 'fail'],
      ['daily', 'fail'],
      ['start', 'pass'],
    ]);
    expect(logged).toEqual(Array(2).fill('A check fails: It was asked. Mend it.'));
  });

  test('run soon after a fault, and a fault that comes and goes is no stream of requests', async () => {
    const { folder, history, keeper, advance, runs } = await kept(['fail']);
    await using _folder = folder;
    await advance(120_000);
    for (let fault = 0; fault < 50; fault += 1) {
      keeper.faulted('default');
      await advance(1_000);
    }
    expect(runs()).toBe(2);
    expect(history.list(1)[0]?.because).toBe('fault');
  });

  test('end with the server', async () => {
    const { folder, keeper, advance, runs } = await kept(['pass']);
    await using _folder = folder;
    keeper.stop();
    await advance(dayMs);
    expect(runs()).toBe(0);
  });

  test('leave a history that a crash in the middle of a line does not spoil', async () => {
    const { folder, history, advance } = await kept(['pass']);
    await using _folder = folder;
    await advance(dayMs);
    appendFileSync(join(folder.path, 'checks.jsonl'), '{"at":1,"conn');
    expect(history.list(10)).toHaveLength(1);
  });
});
