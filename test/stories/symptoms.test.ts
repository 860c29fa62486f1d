import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const root = join(import.meta.dirname, '..', '..');
/** As many as the product was drawn up against. */
const pitfalls = 40;
const schema = z.array(
  z.strictObject({
    pitfall: z.int().min(1).max(pitfalls).optional(),
    symptom: z.string(),
    test: z.string(),
    file: z.string().optional(),
  }),
);
const symptoms = schema.parse(parse(readFileSync(join(import.meta.dirname, 'symptoms.yaml'), 'utf8')));

/** All that is said in the tests, with titles made of parts as they stand in the source. */
const sources = globSync(['{src,test,practice-tenant}/**/*.test.ts', 'test/walk/**/*.ts'], { cwd: root })
  .map((file) => readFileSync(join(root, file), 'utf8'))
  .join('\n');
const dialogues = globSync('test/dialogues/*.dialogue', { cwd: root }).map((file) => basename(file));

const isDialogue = (name: string) => dialogues.includes(`${name}.dialogue`);

/** Where a title has to stand: in the file that is named, if one is. */
function saidIn(file: string | undefined): string {
  return file === undefined || file === 'test/dialogues' ? sources : readFileSync(join(root, file), 'utf8');
}

describe('what users of such software have suffered', () => {
  it.each(symptoms.map(({ symptom, test, file }) => [symptom, test, file]))(
    '%s: has a test',
    (_symptom, test = '', file) => {
      // The crash suite makes its titles of the names of the points.
      const made = test.replace(/^killed-at-.*?-loses/, ['killed-at-$', '{point}-loses'].join(''));
      const said = saidIn(file);
      expect(said.includes(test) || said.includes(made) || isDialogue(test)).toBe(true);
    },
  );

  it('none of the pitfalls is left out', () => {
    const named = new Set(symptoms.flatMap(({ pitfall }) => pitfall ?? []));
    const missing = Array.from({ length: pitfalls }, (_, index) => index + 1).filter((each) => !named.has(each));
    expect(missing).toEqual([]);
  });
});
