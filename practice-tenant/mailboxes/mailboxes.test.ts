import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { immutableIdOf, Mailboxes } from './mailboxes.ts';
import type { Draft } from './message-content.ts';

let time: number;
const clock = { now: () => time };
beforeEach(() => {
  time = Date.parse('2026-11-24T09:00:00Z');
});

const ada = 'ada@contoso.example';
const arrival = (subject: string, at = time) => ({
  raw: Buffer.from(`Subject: ${subject}\r\n\r\n`),
  internetMessageId: `<${subject}@x>`,
  subject,
  at,
});
const draft = (subject: string): Draft => ({
  content: {
    subject,
    body: { contentType: 'text', content: 'body' },
    from: undefined,
    sender: undefined,
    to: [],
    cc: [],
    bcc: [],
    replyTo: [],
    internetMessageId: '<d@x>',
    importance: 'normal',
    isDeliveryReceiptRequested: false,
    isReadReceiptRequested: false,
    headers: [],
  },
  mime: undefined,
  attachments: [],
  withinMime: 0,
});

describe('a copy that is still to come', () => {
  it('is-in-no-list-and-not-found-and-then-stands-in-order-of-arrival', () => {
    const mailboxes = new Mailboxes('all', clock);
    const later = mailboxes.deliver(ada, 'inbox', arrival('later', time + 1000));
    mailboxes.deliver(ada, 'inbox', arrival('now'));
    const seen = () => mailboxes.of('ADA@contoso.example').map(({ subject }) => subject);
    expect([seen(), mailboxes.delivered().length, mailboxes.find(ada, later.id)]).toEqual([['now'], 1, undefined]);
    time += 1000;
    expect([seen(), mailboxes.find(ada, later.id)?.subject]).toEqual([['now', 'later'], 'later']);
  });
});

describe('ids', () => {
  it('change-with-the-folder-and-the-immutable-ones-do-not', () => {
    const mailboxes = new Mailboxes('all', clock);
    const first = mailboxes.deliver(ada, 'inbox', arrival('x'));
    const moved = mailboxes.move(mailboxes.move(first, 'archive'), 'deleteditems');
    expect(moved.id).not.toBe(first.id);
    expect(immutableIdOf(moved)).toBe(immutableIdOf(first));
    expect(mailboxes.find(ada, first.id)).toBeUndefined();
    expect([mailboxes.find(ada, moved.id), mailboxes.find(ada, immutableIdOf(first))]).toEqual([moved, moved]);
    mailboxes.remove(moved);
    expect([mailboxes.find(ada, moved.id), mailboxes.find(ada, immutableIdOf(first))]).toEqual([undefined, undefined]);
  });

  it('of-before-a-clearing-lead-to-nothing-that-came-after', () => {
    const mailboxes = new Mailboxes('all', clock);
    const before = mailboxes.deliver(ada, 'inbox', arrival('before'));
    mailboxes.clear();
    const after = mailboxes.deliver(ada, 'inbox', arrival('after'));
    expect(mailboxes.find(ada, before.id)).toBeUndefined();
    expect(mailboxes.find(ada, after.id)?.subject).toBe('after');
    mailboxes.remove(before);
    expect(mailboxes.of(ada)).toHaveLength(1);
  });

  it('lead-into-no-other-mailbox', () => {
    const mailboxes = new Mailboxes('all', clock);
    const { id } = mailboxes.deliver(ada, 'inbox', arrival('x'));
    expect(mailboxes.find('ben@contoso.example', id)).toBeUndefined();
  });
});

it('changed-draft-keeps-its-ids-and-is-there-once', () => {
  const mailboxes = new Mailboxes('none', clock);
  const saved = mailboxes.saveDraft(ada, draft('one'));
  const changed = mailboxes.change(mailboxes.change(saved, { marks: { isRead: false } }), { draft: draft('two') });
  expect([changed.id, changed.subject, changed.marks]).toEqual([saved.id, 'two', { isRead: false }]);
  expect(mailboxes.of(ada, 'drafts')).toEqual([changed]);
});

it('bodies-are-kept-as-wanted', () => {
  const kept = (['all', 'hash', 'none'] as const).map((keepBodies) => {
    const { raw, sha256, size } = new Mailboxes(keepBodies, clock).deliver(ada, 'inbox', arrival('x'));
    return { raw: raw?.toString(), sha256, size };
  });
  const { raw } = arrival('x');
  expect(kept).toEqual([
    { raw: raw.toString(), sha256: undefined, size: raw.length },
    { raw: undefined, sha256: createHash('sha256').update(raw).digest('hex'), size: raw.length },
    { raw: undefined, sha256: undefined, size: raw.length },
  ]);
});
