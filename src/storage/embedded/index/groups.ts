/**
 * Groups of messages that compete with each other, and how many messages each has in each state.
 *
 * All in memory, because every change of a message changes a count; written to the index with each commit, so that they
 * always fit the rows beside them.
 */
import { type MessageState, messageStates, type Priority } from '../../../domain/message.ts';
import type { Books, QueueDepth, ReadyGroup } from '../../../queue/store.ts';
import { type IndexDatabase, integer, text } from './database.ts';

export interface Group extends ReadyGroup {
  readonly number: number;
  readonly counts: number[];
}

const priorities = ['high', 'normal', 'low'] as const satisfies readonly Priority[];

/** Named, so that a test can ask SQLite how it would run it. */
export const groupStatements = {
  /** Ids begin with the time of acceptance. */
  oldest: 'SELECT accepted_at FROM messages WHERE group_id = ? AND state = 0 AND state <> 4 ORDER BY id LIMIT 1',
} as const;

export function stateNumber(state: MessageState): number {
  return messageStates.indexOf(state);
}

export function stateOf(number: number): MessageState {
  const state = messageStates[number];
  if (!state) throw new Error(`The index has a state ${number}, which this program does not know.`);
  return state;
}

export class Groups {
  readonly #database: IndexDatabase;
  readonly #byNumber = new Map<number, Group>();
  readonly #byKey = new Map<string, Group>();
  readonly #changed = new Set<Group>();

  constructor(database: IndexDatabase) {
    this.#database = database;
    for (const row of database.rows('SELECT id, connector, sender, priority, client FROM groups'))
      this.#add({
        number: integer(row, 'id'),
        connector: text(row, 'connector'),
        sender: text(row, 'sender'),
        priority: priorities[integer(row, 'priority')] ?? 'normal',
        client: text(row, 'client'),
        counts: messageStates.map(() => 0),
      });
    for (const row of database.rows('SELECT group_id, state, messages FROM counts')) {
      const group = this.byNumber(integer(row, 'group_id'));
      group.counts[integer(row, 'state')] = integer(row, 'messages');
    }
  }

  all(): Iterable<Group> {
    return this.#byNumber.values();
  }

  byNumber(number: number): Group {
    const group = this.#byNumber.get(number);
    if (!group) throw new Error(`The index has no group ${number}.`);
    return group;
  }

  find(wanted: ReadyGroup): Group | undefined {
    return this.#byKey.get(keyOf(wanted));
  }

  findOrMake(wanted: ReadyGroup): Group {
    const known = this.find(wanted);
    if (known) return known;
    const group: Group = {
      number: this.#byNumber.size + 1,
      connector: wanted.connector,
      sender: wanted.sender,
      priority: wanted.priority,
      client: wanted.client,
      counts: messageStates.map(() => 0),
    };
    this.#database.run(
      'INSERT INTO groups (id, connector, sender, priority, client) VALUES (?, ?, ?, ?, ?)',
      group.number,
      group.connector,
      group.sender,
      priorities.indexOf(group.priority),
      group.client,
    );
    return this.#add(group);
  }

  #add(group: Group): Group {
    this.#byNumber.set(group.number, group);
    this.#byKey.set(keyOf(group), group);
    return group;
  }

  count(group: Group, state: number, by: 1 | -1): void {
    group.counts[state] = (group.counts[state] ?? 0) + by;
    this.#changed.add(group);
  }

  /** Writes the counts that have changed; part of every commit. */
  save(): void {
    for (const group of this.#changed)
      for (const [state, messages] of group.counts.entries())
        this.#database.run(
          'REPLACE INTO counts (group_id, state, messages) VALUES (?, ?, ?)',
          group.number,
          state,
          messages,
        );
    this.#changed.clear();
  }

  books(): Books {
    const sums = { accepted: 0, queued: 0, sending: 0, held: 0, sent: 0, failed: 0, uncertain: 0, cancelled: 0 };
    for (const group of this.all())
      for (const [state, messages] of group.counts.entries()) {
        sums[stateOf(state)] += messages;
        sums.accepted += messages;
      }
    return sums;
  }

  /** Lanes that have messages waiting. */
  depth(): QueueDepth[] {
    const lanes = new Map<
      string,
      { connector: string; sender: string; queued: number; oldestAcceptedAt: number | undefined }
    >();
    for (const group of this.all()) {
      const queued = group.counts[0] ?? 0;
      if (queued === 0) continue;
      const oldest = this.#database.row(groupStatements.oldest, group.number);
      const acceptedAt = oldest ? integer(oldest, 'accepted_at') : undefined;
      const key = JSON.stringify([group.connector, group.sender]);
      const lane = lanes.get(key);
      if (!lane) {
        lanes.set(key, { connector: group.connector, sender: group.sender, queued, oldestAcceptedAt: acceptedAt });
        continue;
      }
      lane.queued += queued;
      if (acceptedAt !== undefined) lane.oldestAcceptedAt = Math.min(acceptedAt, lane.oldestAcceptedAt ?? acceptedAt);
    }
    return [...lanes.values()];
  }
}

function keyOf(group: ReadyGroup): string {
  return `${group.connector}\n${group.sender}\n${group.priority}\n${group.client}`;
}
