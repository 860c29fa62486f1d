/** The rows of the manual as they are proven, one after the other. */
export const manualRows = ['M1', 'M2', 'M3', 'M4', 'M5', 'M6', 'M7', 'M8', 'M9', 'M10', 'M11', 'M12', 'M13'] as const;
export type ManualRow = (typeof manualRows)[number];

export class Rows {
  readonly #failed = new Set<ManualRow>();
  readonly #proven = new Set<ManualRow>();
  readonly #say: (line: string) => void;

  /** @param say shows a line of progress */
  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  /** One statement of a row. A row passes when it has statements and none of them fails. */
  prove(row: ManualRow, statement: string, holds: boolean): void {
    if (holds) this.#proven.add(row);
    else this.#failed.add(row);
    this.#say(`${holds ? 'yes' : 'NO '}  ${row.padEnd(3)} ${statement}`);
  }

  result(): Record<ManualRow, 'pass' | 'fail'> {
    const of = (row: ManualRow) => (this.#proven.has(row) && !this.#failed.has(row) ? 'pass' : 'fail');
    return {
      M1: of('M1'),
      M2: of('M2'),
      M3: of('M3'),
      M4: of('M4'),
      M5: of('M5'),
      M6: of('M6'),
      M7: of('M7'),
      M8: of('M8'),
      M9: of('M9'),
      M10: of('M10'),
      M11: of('M11'),
      M12: of('M12'),
      M13: of('M13'),
    };
  }
}
