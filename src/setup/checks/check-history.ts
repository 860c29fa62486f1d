/** What the checks said, run after run: one JSON line each in a file that is cut when it grows. */
import { appendFileSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

const entrySchema = z.object({
  /** ms since the epoch. */
  at: z.number(),
  connector: z.string(),
  /** Why they ran. */
  because: z.enum(['start', 'daily', 'fault', 'asked']),
  states: z.record(z.string(), z.enum(['pass', 'warn', 'fail', 'unknown'])),
  /** What was the most urgent, in a sentence; absent when nothing was. */
  first: z.string().optional(),
});
export type CheckEntry = z.infer<typeof entrySchema>;

/** Bytes at which the older half goes. */
const longestBytes = 1024 * 1024;

export class CheckHistory {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  add(entry: CheckEntry): void {
    appendFileSync(this.#file, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
    if (statSync(this.#file).size > longestBytes) this.#halve();
  }

  /** Newest first; a line that was cut by a crash is left out. */
  list(limit: number): readonly CheckEntry[] {
    if (!existsSync(this.#file)) return [];
    const entries: CheckEntry[] = [];
    for (const line of readFileSync(this.#file, 'utf8').split('\n').toReversed()) {
      if (entries.length >= limit) break;
      const entry = readEntry(line);
      if (entry) entries.push(entry);
    }
    return entries;
  }

  #halve(): void {
    const lines = readFileSync(this.#file, 'utf8').split('\n');
    writeFileSync(`${this.#file}.new`, lines.slice(Math.floor(lines.length / 2)).join('\n'), { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
  }
}

function readEntry(line: string): CheckEntry | undefined {
  if (line === '') return undefined;
  try {
    return entrySchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
