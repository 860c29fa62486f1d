import { describe, expect, test } from 'vitest';
import type { AcceptedMessage } from '../domain/message.ts';
import { type AccountLoad, AccountPools } from './account-pool.ts';
import { decisionFor } from './routes.ts';

const pool = ['one@contoso.example', 'two@contoso.example', 'three@contoso.example'];
const [one = '', two = '', three = ''] = pool;
const connector = { name: 'main', userName: one, maxMessageBytes: 1e6, maxRecipients: 100 };
const rule = {
  name: 'cases',
  when: {},
  senders: pool,
  fallBackAfter: 300_000,
  form: 'mime',
  saveToSentItems: true,
  fromHeader: 'keep',
  hold: false,
} as const;

/** Accounts with loads that a test sets, and mail that is decided and taken. */
function setUp(remembers?: AccountPools) {
  const loads = new Map<string, AccountLoad>();
  const pools =
    remembers ?? new AccountPools((_connector, account) => loads.get(account) ?? { waiting: 0, closedMs: 0 });
  const decide = (messageId: string, conversation?: string) => {
    const summary = { subject: 's', messageId, from: [], ...(conversation ? { conversation } : {}) };
    const route = decisionFor(rule, connector, [], { client: 'desk', summary, size: 1, recipients: 1 }, pools);
    return { route, summary };
  };
  const take = (messageId: string, conversation?: string) => {
    const { route, summary } = decide(messageId, conversation);
    const message: Pick<AcceptedMessage, 'client' | 'route' | 'summary'> = { client: 'desk', route, summary };
    pools.took(message);
    const { waiting = 0, closedMs = 0 } = loads.get(route.sender) ?? {};
    loads.set(route.sender, { waiting: waiting + 1, closedMs });
    return route.sender;
  };
  return { loads, decide, take };
}

describe('a pool of system accounts', () => {
  test('spreads what begins a conversation evenly, by what waits', () => {
    const { take } = setUp();
    const counts = new Map<string, number>();
    for (let index = 0; index < 300; index += 1) {
      const sender = take(`<${index}@x>`);
      counts.set(sender, (counts.get(sender) ?? 0) + 1);
    }
    expect([...counts.values()]).toEqual([100, 100, 100]);
  });

  test('new-mail-goes-where-least-waits, and an account that is closed is passed by', () => {
    const { loads, take } = setUp();
    loads.set(one, { waiting: 500, closedMs: 0 });
    loads.set(two, { waiting: 0, closedMs: 60_000 });
    loads.set(three, { waiting: 20, closedMs: 0 });
    for (let index = 0; index < 50; index += 1) expect(take(`<${index}@x>`)).toBe(three);
  });

  test('conversation-keeps-its-account, however much waits for it', () => {
    const { loads, take } = setUp();
    const begun = Array.from({ length: 60 }, (_, index) => [`<${index}@x>`, take(`<${index}@x>`)] as const);
    loads.set(one, { waiting: 5_000, closedMs: 0 });
    for (const [root, sender] of begun) expect(take(`<re-${root.slice(1)}`, root)).toBe(sender);
  });

  test('and holds on while it is closed for less than the route waits, and no longer', () => {
    const { loads, decide, take } = setUp();
    const sender = take('<root@x>');
    loads.set(sender, { waiting: 0, closedMs: 299_999 });
    expect(decide('<a@x>', '<root@x>').route.sender).toBe(sender);
    loads.set(sender, { waiting: 0, closedMs: 300_000 });
    const { route } = decide('<b@x>', '<root@x>');
    expect(route.sender).not.toBe(sender);
    // It stays the last way to fall back on.
    expect(route.fallBack?.ways.at(-1)?.sender).toBe(sender);
    loads.set(sender, { waiting: 0, closedMs: 0 });
    expect(decide('<c@x>', '<root@x>').route.sender).toBe(sender);
  });

  test('a question which way mail would take changes nothing', () => {
    const { loads, decide, take } = setUp();
    loads.set(one, { waiting: 9, closedMs: 0 });
    loads.set(two, { waiting: 9, closedMs: 0 });
    for (let index = 0; index < 100; index += 1) decide('<root@x>');
    loads.clear();
    expect(decide('<a@x>', '<root@x>').route.sender).toBe(take('<root@x>'));
  });

  test('an account that is taken away moves no conversation of the others', () => {
    const { take } = setUp();
    const smaller = new AccountPools();
    for (let index = 0; index < 100; index += 1) {
      const [root, sender] = [`<${index}@x>`, take(`<${index}@x>`)];
      const left = pool.filter((account) => account !== three);
      const mail = { client: 'desk', connector: 'main', fallBackMs: 1, summary: { messageId: root } };
      const [byName] = new AccountPools().order(pool, mail);
      if (byName === sender && sender !== three) expect(smaller.order(left, mail)[0]).toBe(sender);
    }
  });
});
