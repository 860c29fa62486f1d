import { expect, test } from 'vitest';
import { ConnectorState } from './connector-state.ts';

const fresh = () => new ConnectorState('main', () => 0.5);
const faulted = () => {
  const state = fresh();
  state.faulted('credential-expired', 'The secret has expired.', 0);
  return state;
};

test('a fault pauses at once, and the first probe comes after 15 s', () => {
  const state = fresh();
  expect(state.faulted('credential-expired', 'why', 0)).toMatchObject({
    connector: 'main',
    pausedAt: 0,
    reason: 'credential-expired',
  });
  expect(state.mayStart(14_999)).toBe('none');
  expect(state.mayStart(15_000)).toBe('probe');
});

test('one probe at a time', () => {
  const state = faulted();
  state.probeStarted();
  expect(state.mayStart(1_000_000)).toBe('none');
});

test('probes that fail come ever more seldom', () => {
  const state = faulted();
  const waits: number[] = [];
  let now = 15_000;
  for (let probe = 0; probe < 6; probe += 1) {
    state.probeStarted();
    state.probeFailed(now);
    const next = state.probeAt() ?? 0;
    waits.push(next - now);
    now = next;
  }
  expect(waits).toEqual([30_000, 60_000, 120_000, 240_000, 300_000, 300_000]);
});

test('the same fault again is nothing new; another one changes the reason and not since when it stands still', () => {
  const state = faulted();
  expect(state.faulted('credential-expired', 'why', 5)).toBeUndefined();
  expect(state.faulted('permission-missing', 'why', 9)).toMatchObject({ reason: 'permission-missing', pausedAt: 0 });
});

test('what a person paused is not probed, and no fault takes it over', () => {
  const state = faulted();
  state.stop('maintenance', 100);
  expect(state.faulted('permission-missing', 'why', 200)).toBeUndefined();
  expect(state.mayStart(1e12)).toBe('none');
  expect(state.probeAt()).toBeUndefined();
  expect(state.resume()).toBe(true);
  expect(state.mayStart(201)).toBe('any');
});

test('a person’s pause during a probe outlasts the probe', () => {
  const state = faulted();
  state.probeStarted();
  state.stop('maintenance', 20_000);
  state.probeFailed(21_000);
  expect(state.pause?.reason).toBe('operator');
  expect(state.mayStart(1e12)).toBe('none');
});

test('after a restart the pause stands, and the first probe may come at once', () => {
  const state = fresh();
  state.restore({ connector: 'main', pausedAt: 0, reason: 'credential-expired', detail: 'why' }, 50);
  expect(state.mayStart(50)).toBe('probe');
  const stopped = fresh();
  stopped.restore({ connector: 'main', pausedAt: 0, reason: 'operator', detail: 'why' }, 50);
  expect(stopped.mayStart(1e12)).toBe('none');
});
