import { expect, test } from 'vitest';
import { Lane } from './lane.ts';
import { documentedLimits, type LaneLimits, unlimited } from './lane-limits.ts';
import { queuedMessage } from './queued-message.sample.ts';

const lane = (limits: Partial<LaneLimits>) => new Lane('main', 's', { ...unlimited, ...limits }, () => 0.5);
const message = queuedMessage();

test('no more than the limit is in flight', () => {
  const four = lane({ concurrency: 4 });
  for (let index = 0; index < 4; index += 1) four.started(message, 0);
  expect(four.mayStart(message, 0)).toBeUndefined();
  four.ended();
  expect(four.mayStart(message, 0)).toBe(0);
});

test('a minute holds thirty messages', () => {
  const documented = lane({ ...documentedLimits, concurrency: 100 });
  for (let index = 0; index < 30; index += 1) documented.started(message, index * 100);
  expect(documented.mayStart(message, 3_000)).toBe(60_000);
});

test('upload volume counts base64 and not the bare bytes', () => {
  const bytes = lane({ uploadBytesPer5Minutes: 8_000 });
  bytes.started(queuedMessage({ size: 3_000 }), 0);
  expect(bytes.mayStart(queuedMessage({ size: 3_000 }), 0)).toBe(0);
  expect(bytes.mayStart(queuedMessage({ size: 3_001 }), 0)).toBe(305_700);
});

test('recipients of the day count one by one, those of an earlier process too', () => {
  const recipients = Array.from({ length: 6 }, (_, index) => ({ address: `r${index}@contoso.example` }));
  const six = queuedMessage({ envelope: { mailFrom: '', recipients, smtpUtf8: false } });
  const daily = lane({ recipientsPerDay: 10 });
  daily.remember(5, 0);
  expect(daily.mayStart(six, 3_600_000)).toBe(86_400_000 * 1.019);
});

test('after a fault the lane waits, begins with one at a time, and finds its limit again by itself', () => {
  const throttled = lane({ concurrency: 4 });
  for (let index = 0; index < 4; index += 1) throttled.started(message, 0);
  throttled.wait(10_000, 0, 'fault');
  for (let index = 0; index < 4; index += 1) throttled.ended();
  expect(throttled.mayStart(message, 0)).toBe(10_000);
  throttled.started(message, 10_000);
  expect(throttled.mayStart(message, 10_000)).toBeUndefined();
  throttled.ended();
  throttled.answered(10_000);
  throttled.started(message, 10_000);
  expect(throttled.mayStart(message, 10_000)).toBe(10_000);
});

test('after a 429 for too much in a time it does so slowly: what is under way together is refused together', () => {
  const throttled = lane({ concurrency: 4 });
  throttled.started(message, 0);
  throttled.ended();
  throttled.wait(10_000, 0, 'throttled');
  for (let answer = 1; answer <= 75; answer += 1) {
    expect(throttled.standing(10_000).allowedInFlight).toBe(1 + Math.floor((answer - 1) / 25));
    throttled.started(message, 10_000);
    throttled.ended();
    throttled.answered(10_000);
  }
  expect(throttled.standing(10_000).allowedInFlight).toBe(4);
});

test('the back-off of a lane grows with each deferral and not with each attempt that was in flight', () => {
  const throttled = lane({});
  expect(throttled.backOffMs(0)).toBe(5_000);
  throttled.wait(5_000, 0, 'fault');
  throttled.wait(5_001, 1, 'fault');
  expect(throttled.backOffMs(2)).toBe(4_999);
  expect(throttled.backOffMs(6_000)).toBe(10_000);
  throttled.answered(10_000);
  expect(throttled.backOffMs(6_000)).toBe(5_000);
});
