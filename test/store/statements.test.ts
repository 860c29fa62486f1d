import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { IndexDatabase, indexName } from '../../src/storage/embedded/index/database.ts';
import { queueStatements } from '../../src/storage/embedded/index/queue-view.ts';
import { listStatement } from '../../src/storage/embedded/index/search-view.ts';
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

test.each(Object.entries(queueStatements))('%s seeks, and neither scans nor sorts', (_name, sql) => {
  expect(plan(sql)).toMatch(/^SEARCH /);
  expect(plan(sql)).not.toMatch(/SCAN|TEMP B-TREE/);
});

test.each(['ready', 'nextDue'] as const)('%s is answered from the index alone', (name) => {
  expect(plan(queueStatements[name])).toContain('COVERING INDEX messages_ready');
});

test('a page of a list is walked backwards, not sorted', () => {
  for (const query of [
    {},
    { address: 'a@x.example' },
    { messageId: '<1@x>', after: 'b' },
    { states: ['held' as const] },
  ])
    expect(plan(listStatement({ limit: 10, ...query }, undefined).sql)).not.toContain('TEMP B-TREE');
  expect(plan(listStatement({ limit: 10, states: ['failed'] }, undefined).sql)).toContain('messages_unsent');
});
