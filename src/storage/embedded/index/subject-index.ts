/**
 * Parts of subjects, found by their trigrams. A subject costs more to index than all else about its message, so it is done
 * behind the messages: those past `end` are not in it yet, and a search looks through them one by one.
 */
import { type IndexDatabase, integer } from './database.ts';
import { subjectOf } from './submissions.ts';

/** Shorter parts have no trigram. */
export const shortestPart = 3;

export class SubjectIndex {
  readonly #database: IndexDatabase;
  #end: number;

  constructor(database: IndexDatabase) {
    this.#database = database;
    this.#end = integer(database.row('SELECT seq FROM subjects_end'), 'seq');
  }

  /** The last message whose subject is indexed, by its `seq`. */
  get end(): number {
    return this.#end;
  }

  /** Indexes the next subjects, at most so many. Returns whether there are more. */
  fill(most: number): boolean {
    const last = this.#database.row(
      'SELECT max(seq) AS seq FROM (SELECT seq FROM submissions WHERE seq > ? ORDER BY seq LIMIT ?)',
      this.#end,
      most,
    );
    if (typeof last?.['seq'] !== 'number') return false;
    const end = last['seq'];
    this.#database.run(
      `INSERT INTO subjects (rowid, subject)
       SELECT s.seq, ${subjectOf} FROM submissions s WHERE s.seq > ? AND s.seq <= ?`,
      this.#end,
      end,
    );
    this.#database.run('UPDATE subjects_end SET seq = ?', end);
    this.#end = end;
    return this.#database.row('SELECT 1 AS there FROM submissions WHERE seq > ? LIMIT 1', end) !== undefined;
  }

  /** Forgets the subject of a message that is forgotten. */
  remove(seq: number): void {
    if (seq <= this.#end) this.#database.run('DELETE FROM subjects WHERE rowid = ?', seq);
  }
}

/** The part of a subject as FTS5 wants it: one phrase, whatever stands in it. */
export function phraseOf(part: string): string {
  return `"${part.replaceAll('\0', '').replaceAll('"', '""')}"`;
}

/** Whether there is a trigram in it to look for. */
export function hasTrigram(part: string): boolean {
  return [...part.replaceAll('\0', '')].length >= shortestPart;
}
