/** A machine that began with the wrong hour, until its clock was set: mail does not wait for that hour to come again. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { unlimited } from '../../src/queue/lane-limits.ts';
import { type TemporaryFolder, temporaryFolder } from '../harness/temporary-folder.ts';
import { hour } from '../store/samples.ts';
import { deferred, openRig, type Rig, sent } from './rig.ts';

let folder: TemporaryFolder;
let rig: Rig;

beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(async () => {
  await rig[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

test('a-lane-that-was-at-its-limit-goes-on-after-a-minute, and so does mail that had come in by the wrong hour', async () => {
  rig = await openRig({ folder: folder.path, connector: { limits: { ...unlimited, messagesPerMinute: 2 } } });
  for (let count = 0; count < 4; count += 1) await rig.accept();
  await rig.delivered(2);
  rig.clock.setBack(2 * hour);
  await rig.accept();
  for (let minute = 0; minute < 4; minute += 1) await rig.advance(61_000);
  await rig.delivered(5);
  expect(await rig.store.books()).toMatchObject({ accepted: 5, sent: 5 });
  expect(rig.logger.warnings).toContain('The clock was set back: mail that came in before that is due now.');
});

test('a-paused-connector-is-looked-after-as-before', async () => {
  rig = await openRig({ folder: folder.path });
  rig.answer = () => deferred('connector');
  const id = await rig.accept();
  await rig.delivered(1);
  rig.clock.setBack(2 * hour);
  rig.answer = () => sent;
  for (let minute = 0; minute < 6; minute += 1) await rig.advance(61_000);
  await rig.delivered(2);
  expect(await rig.stateOf(id)).toBe('sent');
});
