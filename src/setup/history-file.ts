/** What happened, one JSON line each, in a file of mode 0600 that is cut when it grows. */
import { appendFileSync, closeSync, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { makeFolder } from '../vault/make-folder.ts';
import { giveToOwnerOf, writeWhole } from '../vault/write-whole.ts';

/** Bytes at which the older half goes. */
const longestBytes = 1024 * 1024;

export class HistoryFile<Entry> {
  readonly file: string;
  readonly #schema: z.ZodType<Entry>;

  constructor(file: string, schema: z.ZodType<Entry>) {
    this.file = file;
    this.#schema = schema;
  }

  add(entry: Entry): void {
    makeFolder(dirname(this.file));
    const isNew = !existsSync(this.file);
    const start = isNew || endsWithLine(this.file) ? '' : '\n';
    appendFileSync(this.file, `${start}${JSON.stringify(entry)}\n`, { mode: 0o600 });
    // Made by root on the command line, the server could not write to it.
    if (isNew) giveToOwnerOf(dirname(this.file), this.file);
    if (statSync(this.file).size > longestBytes) this.#halve();
  }

  /** Newest first; a line that was cut by a crash is left out. */
  list(limit: number): readonly Entry[] {
    if (!existsSync(this.file)) return [];
    const entries: Entry[] = [];
    for (const line of readFileSync(this.file, 'utf8').split('\n').toReversed()) {
      if (entries.length >= limit) break;
      const entry = this.#read(line);
      if (entry !== undefined) entries.push(entry);
    }
    return entries;
  }

  /** How many lines are none of its own, cut by a crash or damaged, in a sentence; undefined when there are none. */
  unreadable(): string | undefined {
    if (!existsSync(this.file)) return undefined;
    const lines = readFileSync(this.file, 'utf8').split('\n');
    const count = lines.filter((line) => line !== '' && this.#read(line) === undefined).length;
    return count === 0 ? undefined : `Lines of ${this.file} that cannot be read and are left out: ${count}.`;
  }

  #read(line: string): Entry | undefined {
    if (line === '') return undefined;
    try {
      return this.#schema.safeParse(JSON.parse(line)).data;
    } catch {
      return undefined;
    }
  }

  #halve(): void {
    const lines = readFileSync(this.file, 'utf8').split('\n');
    writeWhole(this.file, lines.slice(Math.floor(lines.length / 2)).join('\n'));
  }
}

/** Else what comes next would go on in a line that a crash has cut, and be lost with it. */
function endsWithLine(file: string): boolean {
  const { size } = statSync(file);
  if (size === 0) return true;
  const handle = openSync(file, 'r');
  try {
    const last = Buffer.alloc(1);
    readSync(handle, last, 0, 1, size - 1);
    return last.toString() === '\n';
  } finally {
    closeSync(handle);
  }
}
