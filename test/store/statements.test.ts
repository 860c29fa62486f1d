import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { IndexDatabase, indexName } from '../../src/storage/embedded/index/database.ts';
import { groupStatements } from '../../src/storage/embedded/index/groups.ts';
import { searchStatements } from '../../src/storage/embedded/index/message-search.ts';
import { queueStatements } from '../../src/storage/embedded/index/queue-view.ts';
import { temporaryFolder } from './samples.ts';

/** A million waiting messages make any statement that scans or sorts them a stall of the whole queue. */
let folder: ReturnType<typeof temporaryFolder>;
let database: DatabaseSync;

beforeEach(() => {
  folder = temporaryFolder();
  new IndexDatabase(folder.path).close();
  database = new DatabaseSync(`${folder.path}/${indexName}`);
});
afterEach(() => {
  database.close();
  folder.remove();
});

function plan(sql: string): string {
  return database
    .prepare(`EXPLAIN QUERY PLAN ${sql.replaceAll('?', '1')}`)
    .all()
    .map((row) => row['detail'])
    .join('\n');
}

test.each(Object.entries({ ...queueStatements, ...groupStatements }))(
  '%s seeks, and neither scans nor sorts',
  (_name, sql) => {
    expect(plan(sql)).toMatch(/^SEARCH /);
    expect(plan(sql)).not.toMatch(/SCAN|TEMP B-TREE/);
  },
);

test.each(['ready', 'nextDue'] as const)('%s is answered from the index alone', (name) => {
  expect(plan(queueStatements[name])).toContain('COVERING INDEX messages_ready');
});

test('what can take another way is found without a look at all that waits', () => {
  expect(plan(queueStatements.rerouteable)).toContain('INDEX messages_rerouteable');
});

const bound = [{ sql: 'm.id < ?', values: ['b'] }];

test.each([
  [
    'one group in one state',
    searchStatements.stream(3, bound),
    'COVERING INDEX messages_in_state (group_id=? AND state=? AND id<?)',
  ],
  ['one group, sent', searchStatements.stream(4, bound), 'COVERING INDEX messages_sent (group_id=? AND id<?)'],
  ['all', searchStatements.all(bound), 'INDEX sqlite_autoindex_messages_1 (id<?)'],
  ['an address', searchStatements.term([{ sql: 't.id < ?', values: ['b'] }]), 'PRIMARY KEY (term=? AND id<?)'],
  [
    'an address in one state',
    searchStatements.term([...bound, { sql: 'm.state = 5', values: [] }]),
    'PRIMARY KEY (term=?',
  ],
  ['a part of the subject', searchStatements.subject(bound), 'VIRTUAL TABLE INDEX'],
  [
    'the newest, whose subjects are not indexed yet',
    searchStatements.newest(bound),
    'INTEGER PRIMARY KEY (rowid>? AND rowid<?)',
  ],
])('a page of %s is walked backwards by an index, and not sorted', (_name, { sql }, expected) => {
  expect(plan(sql)).toContain(expected);
  expect(plan(sql)).not.toMatch(/TEMP B-TREE|SCAN m\b/);
});
