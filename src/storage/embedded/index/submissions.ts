/**
 * What messages were accepted with: their own part in a row each, and the part that they share with others once, here in
 * memory as well, since every row that is read needs it.
 */
import type { AcceptedMessage } from '../../../domain/message.ts';
import { type PackedAccepted, packAccepted, type SharedPart, unpackAccepted } from '../packed-message.ts';
import type { AcceptedRecord, BodyFile } from '../records.ts';
import { type IndexDatabase, integer, optionalInteger, type Row, text } from './database.ts';

/** Columns that `packed` needs; the tables are `m` and `s`. */
export const submissionColumns = `m.id AS id, m.accepted_at AS accepted_at, m.expires_at AS expires_at,
  s.content AS content, s.shared AS shared, s.subject AS subject`;

/** The subject of row `s`, as SQL. */
export const subjectOf = "coalesce(s.subject, json_extract(s.content, '$.message.summary.subject'))";

export class Submissions {
  readonly #database: IndexDatabase;
  readonly #ids = new Map<string, number>();
  readonly #contents = new Map<number, string>();

  constructor(database: IndexDatabase) {
    this.#database = database;
    for (const row of database.rows('SELECT id, content FROM shared_parts'))
      this.#know(integer(row, 'id'), text(row, 'content'));
  }

  add(seq: number, message: AcceptedMessage, file: BodyFile | undefined): void {
    const [, , , subject, own, shared] = packAccepted({ message, ...(file ? { file } : undefined) });
    this.#database.run(
      'INSERT INTO submissions (seq, content, shared, subject) VALUES (?, ?, ?, ?)',
      seq,
      JSON.stringify(own),
      this.#idOf(shared),
      subject,
    );
  }

  /** The same message by another route. */
  change(seq: number, { message, file }: AcceptedRecord): void {
    this.#database.run('DELETE FROM submissions WHERE seq = ?', seq);
    this.add(seq, message, file);
  }

  /** What a message was accepted with; `undefined` when it is not on record. */
  find(seq: number): AcceptedRecord | undefined {
    const row = this.#database.row(
      `SELECT ${submissionColumns} FROM messages m JOIN submissions s ON s.seq = m.seq WHERE m.seq = ?`,
      seq,
    );
    return row && this.record(row);
  }

  record(row: Row): AcceptedRecord {
    const [id, acceptedAt, subject, own, shared] = this.packed(row);
    const packed: PackedAccepted = [
      id,
      acceptedAt,
      integer(row, 'expires_at'),
      subject,
      JSON.parse(own),
      JSON.parse(shared),
    ];
    return unpackAccepted(packed);
  }

  /** The same as JSON that is not read here: the store's thread does that. */
  packed(row: Row): readonly [id: string, acceptedAt: number, subject: string, own: string, shared: string] {
    const id = text(row, 'id');
    const acceptedAt = integer(row, 'accepted_at');
    const content = text(row, 'content');
    const shared = optionalInteger(row, 'shared');
    if (shared !== undefined) return [id, acceptedAt, text(row, 'subject'), content, this.#contentOf(shared)];
    const [, , , subject, own, others] = packAccepted(JSON.parse(content));
    return [id, acceptedAt, subject, JSON.stringify(own), JSON.stringify(others)];
  }

  #contentOf(id: number): string {
    const content = this.#contents.get(id);
    if (content === undefined) throw new Error(`The index has no shared part ${id}.`);
    return content;
  }

  #idOf(shared: SharedPart): number {
    const content = JSON.stringify(shared);
    const known = this.#ids.get(content);
    if (known !== undefined) return known;
    const id = this.#ids.size + 1;
    this.#database.run('INSERT INTO shared_parts (id, content) VALUES (?, ?)', id, content);
    this.#know(id, content);
    return id;
  }

  #know(id: number, content: string): void {
    this.#ids.set(content, id);
    this.#contents.set(id, content);
  }
}
