/**
 * Each `NAME.yaml` of this folder is a configuration with something wrong in it, `NAME.env` (one NAME=value a line) what the
 * environment says with it, and `NAME.expected` the sentences that people read, one a line.
 */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';

const folder = import.meta.dirname;
const names = globSync('*.yaml', { cwd: folder }).map((file) => basename(file, '.yaml'));

/** Only the configuration is there; every other file is not. */
function readOnly(name: string) {
  return (path: string): string => {
    if (path === 'mailroom.yaml') return readFileSync(join(folder, `${name}.yaml`), 'utf8');
    throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
  };
}

function environment(name: string): Record<string, string> {
  const [file] = globSync(`${name}.env`, { cwd: folder });
  if (file === undefined) return {};
  const lines = readFileSync(join(folder, file), 'utf8').split('\n').filter(Boolean);
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

/** What the file of expectations holds; paths of this machine are cut to their names. */
function sentencesFor(name: string): string[] {
  const loaded = loadConfig({
    file: 'mailroom.yaml',
    env: environment(name),
    readFile: readOnly(name),
    hostname: 'test',
  });
  if (loaded.ok) return ['is taken without a word'];
  return loaded.problems.map(({ sentence }) => sentence.replaceAll(`${process.cwd()}/`, ''));
}

describe('a configuration with something wrong in it', () => {
  it('is-there-in-numbers', () => expect(names.length).toBeGreaterThanOrEqual(40));

  it.each(names)('%s is told in words', (name) => {
    expect(sentencesFor(name)).toEqual(
      readFileSync(join(folder, `${name}.expected`), 'utf8')
        .split('\n')
        .filter(Boolean),
    );
  });
});
