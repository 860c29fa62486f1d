/**
 * What a benchmark is given and what it gives back.
 */
export interface BenchContext {
  /** Under 50 s in all: fewer cases and rounds. */
  readonly short: boolean;
  /** As asked for; undefined for the benchmark's own number. */
  readonly rounds: number | undefined;
  /** The generator sends MAIL, RCPT and DATA in one write. */
  readonly pipelining: boolean;
  /** Peers keep their data below it: it decides which disk is measured. */
  readonly folder: string;
  /** A line for the person who watches. */
  readonly say: (line: string) => void;
}

export interface BenchResult {
  /** Nothing went wrong on the way; figures of a run that is not ok are not worth comparing. */
  readonly ok: boolean;
  /** Becomes the last line on stdout, beside the benchmark's name. */
  readonly report: Readonly<Record<string, unknown>>;
}

export type Bench = (context: BenchContext) => Promise<BenchResult>;
