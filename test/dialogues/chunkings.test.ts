/** However the network cuts what the client sends, the same dialogue gives the same replies and the same messages. */
import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Dialogue, readDialogue } from './dialogue-file.ts';
import { grouped } from './run-dialogue.ts';
import { cutAt, SessionDriver } from './session-driver.ts';

const folder = import.meta.dirname;
const dialogues = globSync('*.dialogue', { cwd: folder })
  .sort()
  .map((file) => ({ name: basename(file, '.dialogue'), dialogue: readDialogue(join(folder, file)) }))
  // Without a socket there is no handshake, no clock of a listener, and nobody is refused at the door.
  .filter(({ dialogue }) => dialogue.steps.every(({ kind }) => kind !== 'tls' && kind !== 'wait'))
  .filter(({ dialogue: { options } }) => options.tls === 'none' && options.allowFrom.length === 0)
  .filter(({ dialogue: { options } }) => options.limits.connections > 0);

type Cut = (bytes: Buffer) => Buffer[];

const whole: Cut = (bytes) => [bytes];
const byteByByte: Cut = (bytes) => Array.from(bytes, (_byte, at) => bytes.subarray(at, at + 1));

async function play({ options, byAddress, steps }: Dialogue, cut: Cut) {
  const driver = new SessionDriver(options, byAddress);
  for (const step of grouped(steps)) {
    if (step.kind === 'send') await driver.feed(cut(step.bytes));
    else if (step.kind === 'fin') driver.session.clientEnded();
    else if (step.kind === 'cut') driver.session.disconnected();
    await driver.settle();
  }
  const { accepted, underWay } = driver.ports.intake;
  const messages = accepted.map(({ start, bytes }) => ({ envelope: start.envelope, bytes }));
  return { transcript: driver.transcript, messages, underWay, ended: driver.ended };
}

/** Bytes of a dialogue; a byte a time is for those that are not large. */
function sizeOf({ steps }: Dialogue): number {
  return steps.reduce((sum, step) => sum + (step.kind === 'send' ? step.bytes.length : 0), 0);
}

describe('the same dialogue in other pieces', () => {
  it.concurrent.each(dialogues)('$name', async ({ dialogue }) => {
    const expected = await play(dialogue, whole);
    expect(expected.transcript).toMatch(/^220 /);
    if (sizeOf(dialogue) < 5_000) expect(await play(dialogue, byteByByte)).toEqual(expected);
    const places = fc.array(fc.nat(4_000), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(places, async (cuts) => {
        expect(await play(dialogue, (bytes) => cutAt(bytes, cuts))).toEqual(expected);
      }),
      { numRuns: 10 },
    );
  });
});
