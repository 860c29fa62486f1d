/**
 * An index with so many messages on record, made by the product's own applier from the records that would have made it.
 * They come without the journal and without bodies: those play no part in a search.
 */
import { mkdirSync } from 'node:fs';
import type { AcceptedMessage } from '../../src/domain/message.ts';
import { newMessageId } from '../../src/domain/message-id.ts';
import type { AttemptEnd } from '../../src/queue/store.ts';
import { RecordApplier } from '../../src/storage/embedded/index/apply.ts';
import { IndexDatabase } from '../../src/storage/embedded/index/database.ts';
import { Groups } from '../../src/storage/embedded/index/groups.ts';
import { RateCounter } from '../../src/storage/embedded/index/rate-counts.ts';
import { SubjectIndex } from '../../src/storage/embedded/index/subject-index.ts';
import { Submissions } from '../../src/storage/embedded/index/submissions.ts';

const dayMs = 86_400_000;
const clients = ['case-management', 'portal', 'printer-3rd-floor', 'cron', 'newsletter'];
const words = [
  'Case',
  'Invoice',
  'Scan',
  'Reminder',
  'Hearing',
  'Report',
  'Password',
  'Maintenance',
  'Order',
  'Notice',
];
const systemAccount = 'noreply@contoso.example';

/** What the searches look for: each stands once in a million, in the middle. */
export const rare = {
  address: 'grace.hopper@navy.example',
  subject: 'Nanosecond 2026-0417',
  messageId: '<nanosecond@navy.example>',
  client: 'once-a-year',
} as const;

/** `now` is ms since the epoch; the messages are spread evenly over the 90 days before it. */
export function fillIndex(dir: string, count: number, now: number, say: (line: string) => void): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const database = new IndexDatabase(dir);
  const groups = new Groups(database);
  const rates = new RateCounter(database);
  const applier = new RecordApplier(database, groups, rates, new Submissions(database));
  const commit = () => {
    groups.save();
    rates.save();
    database.commit();
  };
  for (let index = 0; index < count; index += 1) {
    const at = Math.floor(now - 90 * dayMs + (index * 90 * dayMs) / count);
    add(applier, messageOf(index, at, index === Math.floor(count / 2)), at, index);
    if (index % 5_000 === 4_999) commit();
    if (index % 100_000 === 99_999) say(`${(index + 1).toLocaleString('en-GB')} messages on record`);
  }
  // As it is when their segments have gone: the journal begins anew.
  database.run('UPDATE messages SET segment = NULL, record_offset = NULL, record_length = NULL');
  commit();
  const subjects = new SubjectIndex(database);
  while (subjects.fill(5_000)) commit();
  commit();
  database.checkpoint('TRUNCATE');
  database.close();
}

function messageOf(index: number, at: number, isRare: boolean): AcceptedMessage {
  const id = newMessageId(at);
  const recipient = `user${index % 20_000}@contoso.example`;
  return {
    id,
    acceptedAt: at,
    expiresAt: at + 5 * dayMs,
    client: isRare ? rare.client : (clients[index % 97 === 0 ? 4 : index % 4] ?? ''),
    priority: 'normal',
    origin: { ingress: 'smtp', listener: 'submission', remoteAddress: '10.1.2.3', tls: true },
    envelope: {
      mailFrom: systemAccount,
      recipients: [{ address: isRare ? rare.address : recipient }],
      smtpUtf8: false,
    },
    route: {
      route: 'default',
      connector: 'default',
      sender: systemAccount,
      form: 'mime',
      fromHeader: 'keep',
      saveToSentItems: true,
    },
    summary: {
      subject: isRare ? rare.subject : `${words[index % words.length]} ${index} of ${index % 365}, for your attention`,
      messageId: isRare ? rare.messageId : `<${id}@contoso.example>`,
      from: [systemAccount],
    },
    size: 10_240,
    // Nothing waits: the server that is measured sends nothing.
    initialState: index % 200 === 7 ? 'held' : 'queued',
  };
}

function add(applier: RecordApplier, message: AcceptedMessage, at: number, index: number): void {
  const place = { segment: 0, offset: 0, length: 0 };
  applier.apply({ type: 'accepted', data: { message } }, place);
  if (message.initialState === 'held') return;
  const { id } = message;
  applier.apply(
    {
      type: 'attempt',
      data: { id, number: 1, startedAt: at, connector: 'default', sender: systemAccount, clientRequestId: id },
    },
    place,
  );
  applier.apply({ type: 'outcome', data: endOf(id, at + 400, index) }, place);
}

function endOf(id: string, finishedAt: number, index: number): AttemptEnd {
  const common = { answer: { status: 202, requestId: id }, durationMs: 400, notes: [] };
  if (index % 100 === 3)
    return {
      id,
      number: 1,
      finishedAt,
      result: { ...common, outcome: 'failed', fault: 'unlisted-answer' },
      next: { state: 'failed' },
    };
  return { id, number: 1, finishedAt, result: { ...common, outcome: 'sent' }, next: { state: 'sent' } };
}
