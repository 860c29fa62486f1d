import { buffer } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../test/harness/temporary-folder.ts';
import { SpooledContents } from './spooled-content.ts';

/** Nine bytes of base64 with each of its odd characters, and padding. */
const bytes = Buffer.from('fbefbeffff3f00ff', 'hex');
const base64 = bytes.toString('base64');

it.each([
  ['as it is', base64],
  ['with each slash escaped', base64.replaceAll('/', String.raw`\/`)],
  ['as .NET writes it, with each plus as a number', base64.replaceAll('+', String.raw`\u002B`)],
  ['with both, and small letters', base64.replaceAll('/', String.raw`\/`).replaceAll('+', String.raw`\u002b`)],
])('a content that comes %s is the same wherever its pieces are cut', async (_how, written) => {
  expect(base64).toMatch(/\+.*\/|\/.*\+/);
  await using folder = await temporaryFolder();
  const spool = new SpooledContents(folder.path, () => Promise.resolve());
  try {
    for (let first = 0; first <= written.length; first += 1)
      for (let second = first; second <= written.length; second += 1) {
        const content = await spool.add();
        for (const [from, to] of [
          [0, first],
          [first, second],
          [second, written.length],
        ])
          await content.write(Buffer.from(written.slice(from, to)));
        content.finish();
        expect(await buffer(content.read()), `cut at ${first} and ${second}`).toEqual(bytes);
        await content.close();
      }
  } finally {
    await spool.close();
  }
});

it.each([
  ['ends in the middle of an escape', [`${base64.slice(0, 4)}`, String.raw`\u00`]],
  ['has another escape', [String.raw`AA\nAA`]],
  ['has a letter of another alphabet as a number', [String.raw`AAA\u00e9`]],
])('a content that %s is refused', async (_what, pieces) => {
  await using folder = await temporaryFolder();
  const spool = new SpooledContents(folder.path, () => Promise.resolve());
  const content = await spool.add();
  const all = async () => {
    for (const piece of pieces) await content.write(Buffer.from(piece));
    content.finish();
  };
  await expect(all()).rejects.toMatchObject({ fault: { code: 'request-invalid' } });
  await spool.close();
});
