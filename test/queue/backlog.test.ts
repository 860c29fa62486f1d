/** A night's backlog, all of it due at once. */
import { expect, test } from 'vitest';
import { temporaryFolder } from '../harness/temporary-folder.ts';
import { openRig } from './rig.ts';

test('five-thousand-messages-due-at-once-are-sent-once-each', async () => {
  await using folder = await temporaryFolder();
  await using rig = await openRig({ folder: folder.path, startLater: true });
  const messages = 5_000;
  await Promise.all(Array.from({ length: messages }, () => rig.accept()));
  await rig.dispatcher.start();
  await rig.delivered(messages);
  expect(await rig.store.books()).toMatchObject({ accepted: messages, sent: messages });
  expect(new Set(rig.deliveries.map(({ message }) => message.id)).size).toBe(messages);
});
