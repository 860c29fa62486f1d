import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const root = join(import.meta.dirname, '..', '..');
const schema = z.array(z.strictObject({ symptom: z.string(), test: z.string(), file: z.string().optional() }));
const symptoms = schema.parse(parse(readFileSync(join(import.meta.dirname, 'symptoms.yaml'), 'utf8')));

/** All that is said in the tests, with titles made of parts as they stand in the source. */
const sources = globSync(['{src,test,practice-tenant}/**/*.test.ts', 'test/walk/**/*.ts'], { cwd: root })
  .map((file) => readFileSync(join(root, file), 'utf8'))
  .join('\n');
const dialogues = globSync('test/dialogues/*.txt', { cwd: root }).join('\n');

describe('what users of such software have suffered', () => {
  it.each(symptoms.map(({ symptom, test }) => [symptom, test]))('%s: has a test', (_symptom, test) => {
    // The crash suite makes its titles of the names of the points.
    const made = test.replace(/^killed-at-.*?-loses/, ['killed-at-$', '{point}-loses'].join(''));
    expect(sources.includes(test) || sources.includes(made) || dialogues.includes(`${test}.txt`)).toBe(true);
  });
});
