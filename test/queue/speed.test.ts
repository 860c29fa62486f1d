/** That the dispatcher itself is not what holds mail up. */
import { expect, test } from 'vitest';
import { temporaryFolder } from '../harness/temporary-folder.ts';
import { openRig } from './rig.ts';

test('a backlog without limits leaves faster than any service takes it', async () => {
  await using folder = await temporaryFolder();
  await using rig = await openRig({ folder: folder.path, startLater: true });
  const messages = 5_000;
  await Promise.all(Array.from({ length: messages }, () => rig.accept()));
  const started = performance.now();
  await rig.dispatcher.start();
  await rig.delivered(messages);
  const perSecond = (messages / (performance.now() - started)) * 1000;
  process.stderr.write(`dispatcher: ${Math.round(perSecond)} messages/s\n`);
  expect(await rig.store.books()).toMatchObject({ accepted: messages, sent: messages });
  expect(new Set(rig.deliveries.map(({ message }) => message.id)).size).toBe(messages);
});
