/**
 * The courier for mail that does not fit into one request of Graph: a draft of what fits, its large files added one by one,
 * then sent. Needs Mail.ReadWrite beside Mail.Send.
 *
 * What has been done is on record before the next step (draft-ledger.ts), so that an attempt goes on where the one before it
 * was cut off: it counts the attachments that are there, and an upload whose session is still known goes on at its byte.
 *
 * Sending is the one step that cannot be undone, and a draft can be sent once: afterwards it is no draft. So where the answer
 * to it is lost the mailbox is asked. It is `sent` when the message is no draft any more, or lies in Sent Items; it waits a
 * minute and is looked at again when it is still a draft; and it is `uncertain` only when nobody can say.
 */
import type { CrashPoint, CrashProbe } from '../../domain/crash-point.ts';
import type { AttemptResult } from '../../domain/outcome.ts';
import { classifyDraftStep, classifyGraph } from '../classify.ts';
import type { Courier, Delivery } from '../courier.ts';
import { attemptResult, type Finding, finding, reason, unreadable } from '../finding.ts';
import { uploadAttachment } from './attachment-upload.ts';
import { DraftCalls, DraftStop } from './draft-calls.ts';
import type { DraftEntry, DraftKey, DraftLedger } from './draft-ledger.ts';
import { readGraphAnswer } from './graph-answer.ts';
import { deadlinesFor, type GraphAccess } from './graph-call.ts';
import { bodyLimitBytes } from './outgoing-mail.ts';
import type { PlannedAttachment, UploadPlan } from './upload-plan.ts';

export interface UploadCourierOptions {
  /** Its connections belong to another courier of the same connector, which closes them. */
  readonly access: GraphAccess;
  readonly connector: string;
  readonly ledger: DraftLedger;
  readonly severalSenders: boolean;
  readonly repairsQuotedPrintable?: boolean;
  /** What the mailbox may send, in bytes of the whole message. */
  readonly maxMessageBytes: number;
  readonly maxRecipients: number;
  readonly probe?: CrashProbe;
}

type FitPlan = Extract<UploadPlan, { fit: true }>;
type OpenDraft = DraftEntry & { readonly draftId: string; readonly base: number };

/** Left for what stands around the content in a request, in bytes. */
const fieldBytes = 8 * 1024;
/** Largest content that one request can take, in bytes: just under the 3 MB from which on sessions are for. */
const singlePostBytes = Math.floor((bodyLimitBytes - fieldBytes) / 4) * 3;
/** ms until a draft that should have gone is looked at again. */
const lookAgainMs = 60_000;
/** New sessions for one attachment in one attempt: each begins it anew. */
const mostSessions = 3;

export class UploadCourier implements Courier {
  readonly maxMessageBytes: number;
  readonly maxRecipients: number;
  readonly #options: UploadCourierOptions;

  constructor(options: UploadCourierOptions) {
    this.#options = options;
    this.maxMessageBytes = options.maxMessageBytes;
    this.maxRecipients = options.maxRecipients;
  }

  async send(delivery: Delivery): Promise<AttemptResult> {
    const started = performance.now();
    const notes: string[] = [];
    const { severalSenders } = this.#options;
    const found = await this.#attempt(delivery, notes);
    return attemptResult(found, severalSenders, Math.round(performance.now() - started), notes);
  }

  /** Nothing is its own. */
  async close(): Promise<void> {}

  async #attempt(delivery: Delivery, notes: string[]): Promise<Finding> {
    const { access, connector, ledger, probe } = this.#options;
    const { message, clientRequestId, signal } = delivery;
    const { sender } = message.route;
    const messageId = message.summary.messageId;
    const key = { message: message.id, connector, sender };
    let plan: UploadPlan;
    try {
      if (!ledger.find(key)) ledger.put({ ...key, internetMessageId: messageId, step: 'begun', plan: '' });
      // Read when it is needed: a server that has no large mail does without a table of file types and more.
      const { planUpload } = await import('./upload-plan.ts');
      plan = await planUpload(message, await delivery.body(), this.#options);
    } catch (error) {
      return unreadable(error);
    }
    if (!plan.fit) return finding({ outcome: 'failed', fault: plan.fault }, { message: plan.why });
    notes.push(...plan.notes);
    const calls = new DraftCalls(access, { sender, clientRequestId, signal });
    const passed = (point: CrashPoint) => probe?.(point);
    const attempt = { plan, calls, ledger, key, access, notes, signal, passed, messageId };
    try {
      return await new UploadAttempt(attempt).run(message.maybeSent);
    } catch (error) {
      if (error instanceof DraftStop) return error.finding;
      // The disk of the ledger, or the bytes of the message: either way nothing was sent by the step that was to come.
      return unreadable(error);
    }
  }
}

interface AttemptParts {
  readonly plan: FitPlan;
  readonly calls: DraftCalls;
  readonly ledger: DraftLedger;
  readonly key: DraftKey;
  readonly access: GraphAccess;
  /** Message-ID, with its angle brackets. */
  readonly messageId: string;
  readonly notes: string[];
  readonly signal: AbortSignal;
  readonly passed: (point: CrashPoint) => void;
}

class UploadAttempt {
  readonly #parts: AttemptParts;

  constructor(parts: AttemptParts) {
    this.#parts = parts;
  }

  /** @throws DraftStop, and what disk and body throw, before the draft is sent */
  async run(maybeSent: boolean): Promise<Finding> {
    const { ledger, key, calls, messageId, notes, plan } = this.#parts;
    const entry = ledger.find(key);
    if (entry?.step === 'sent') return alreadySent('An earlier attempt had sent it.');
    if (entry?.step === 'sending' && entry.draftId !== undefined) {
      const settled = await this.#settle(entry.draftId);
      if (settled) return settled;
    } else if (maybeSent && (await calls.isInSentItems(messageId)))
      return alreadySent('An earlier attempt had sent it: it is in Sent Items.');
    const draft = (entry && (await this.#goOn(entry))) ?? (await this.#begin());
    const done = draft.done;
    for (const [index, attachment] of plan.attachments.entries())
      if (index >= done) await this.#add(draft.entry, attachment, index);
    notes.push(
      `sent as a draft with ${plan.attachments.length} attachments added to it${done > 0 ? `, ${done} of them by an earlier attempt` : ''}`,
    );
    return this.#send(draft.entry);
  }

  /** Takes up what an earlier attempt began; undefined, with nothing left behind, where it cannot be gone on with. */
  async #goOn(entry: DraftEntry): Promise<{ entry: OpenDraft; done: number } | undefined> {
    const { plan, calls, ledger } = this.#parts;
    const { draftId, base } = entry;
    if (draftId !== undefined && base !== undefined && entry.plan === plan.hash) {
      const count = await calls.countAttachments(draftId);
      const done = count === undefined ? -1 : count - base;
      if (done >= 0 && done <= plan.attachments.length) return { entry: { ...entry, draftId, base }, done };
    }
    await removeDraft(calls, ledger, entry);
    return undefined;
  }

  async #begin(): Promise<{ entry: OpenDraft; done: number }> {
    const { plan, calls, ledger, key, messageId, passed } = this.#parts;
    const wish: DraftEntry = { ...key, internetMessageId: messageId, step: 'creating', plan: plan.hash };
    ledger.put(wish);
    const draftId = await calls.create(plan.mime).catch((error: unknown) => {
      // Refused, and so not made: there is nothing to look for, which may not be allowed either.
      if (error instanceof DraftStop && isRefusal(error.finding)) ledger.put({ ...wish, step: 'begun' });
      throw error;
    });
    passed('draft-made');
    ledger.put({ ...wish, draftId });
    const base = await calls.countAttachments(draftId);
    if (base === undefined) throw itemMissing();
    const entry = { ...wish, step: 'filling', draftId, base } as const;
    ledger.put(entry);
    return { entry, done: 0 };
  }

  async #add(draft: OpenDraft, attachment: PlannedAttachment, index: number): Promise<void> {
    const { calls, passed } = this.#parts;
    if (attachment.size > singlePostBytes) await this.#upload(draft, attachment, index);
    else await calls.attach(draft.draftId, attachment, Buffer.concat(await Array.fromAsync(attachment.content())));
    passed('attached');
  }

  async #upload(draft: OpenDraft, attachment: PlannedAttachment, index: number): Promise<void> {
    const { calls, ledger, key, access, plan, notes, signal, passed } = this.#parts;
    const what = `attachment ${index + 1} of ${plan.attachments.length} (${attachment.size} bytes)`;
    for (let sessions = 0; sessions < mostSessions; sessions += 1) {
      const known = ledger.session(key);
      const goesOn = known?.index === index;
      const uploadUrl = goesOn ? known.uploadUrl : await calls.openSession(draft.draftId, attachment);
      ledger.setSession(key, { index, uploadUrl });
      const uploaded = await uploadAttachment(access.connections, {
        uploadUrl,
        goesOn,
        size: attachment.size,
        content: attachment.content,
        deadlines: (bytes) => deadlinesFor(access.timings, bytes),
        signal,
        started: () => passed('during-upload'),
      });
      for (const at of uploaded.resumedAt) notes.push(`the upload of ${what} went on at byte ${at}`);
      switch (uploaded.kind) {
        case 'done':
          ledger.setSession(key, undefined);
          return;
        case 'gone':
          ledger.setSession(key, undefined);
          if (await this.#isThere(draft, index)) return;
          notes.push(`the upload of ${what} began anew, because its session had ended`);
          break;
        case 'broken':
          throw new DraftStop(
            finding({ outcome: 'deferred', scope: 'lane', fault: 'network' }, { message: uploaded.why }),
          );
        case 'refused': {
          const { judged, answer, retryAfterMs } = readGraphAnswer(uploaded.answer, access.now());
          // A refused token is that of the session and not the app's: the next attempt asks for another session.
          const isOfSession = judged.status !== 429 && judged.status !== 503 && judged.status !== 509;
          if (isOfSession) ledger.setSession(key, undefined);
          const isOfToken = judged.status === 401 || judged.status === 403;
          const verdict = isOfToken
            ? ({ outcome: 'deferred', scope: 'message', fault: 'unlisted-answer' } as const)
            : classifyDraftStep(judged);
          throw new DraftStop({ verdict, answer, retryAfterMs });
        }
      }
    }
    const message = `The sessions of ${what} ended again and again before their last byte.`;
    throw new DraftStop(finding({ outcome: 'deferred', scope: 'message', fault: 'unlisted-answer' }, { message }));
  }

  /** Whether the attachment whose last answer was lost is in the draft. */
  async #isThere({ draftId, base }: OpenDraft, index: number): Promise<boolean> {
    const count = await this.#parts.calls.countAttachments(draftId);
    if (count === undefined) throw itemMissing();
    return count - base > index;
  }

  async #send(draft: OpenDraft): Promise<Finding> {
    const { calls, ledger, notes, passed } = this.#parts;
    ledger.put({ ...draft, step: 'sending' });
    passed('before-send');
    const called = await calls.send(draft.draftId);
    if (called.kind === 'not-begun') return called.finding;
    if (called.kind === 'answered' && called.read.judged.status === 202) {
      passed('draft-sent');
      this.#noteSent();
      return finding({ outcome: 'sent' }, called.read.answer);
    }
    const answer = called.kind === 'answered' ? called.read.answer : { message: called.why };
    if (called.kind === 'answered' && called.read.judged.status !== 404) {
      const verdict = classifyGraph(called.read.judged);
      // Throttled or refused, it is where it was.
      if (verdict.outcome !== 'uncertain') return { verdict, answer, retryAfterMs: called.read.retryAfterMs };
    }
    notes.push('whether the draft was sent is not certain by the answer, or by its absence: the mailbox is asked');
    try {
      return (await this.#settle(draft.draftId)) ?? stillDraft(answer);
    } catch (error) {
      return finding({ outcome: 'uncertain', fault: 'no-answer' }, { ...answer, message: reason(error) });
    }
  }

  /** What became of a draft that was told to go; undefined when it is still a draft. @throws DraftStop */
  async #settle(draftId: string): Promise<Finding | undefined> {
    const { calls, ledger, key, messageId } = this.#parts;
    const place = await calls.whereabouts(draftId);
    if (place === 'draft') return undefined;
    if (place === 'sent' || (await calls.isInSentItems(messageId))) {
      this.#noteSent();
      return alreadySent('The mailbox says that it was sent: it is no draft any more.');
    }
    // There is nothing to go on with: by the connector's rule it is sent anew, or left to a person.
    const entry = ledger.find(key);
    if (entry) ledger.remove(entry);
    const message = 'The draft is neither in the mailbox nor in Sent Items.';
    return finding({ outcome: 'uncertain', fault: 'no-answer' }, { message });
  }

  /** A disk that refuses this must not undo what the service has done: the mailbox can be asked again. */
  #noteSent(): void {
    const { ledger, key, notes } = this.#parts;
    const entry = ledger.find(key);
    try {
      if (entry) ledger.put({ ...entry, step: 'sent' });
    } catch (error) {
      notes.push(`that the draft was sent could not be put on record: ${reason(error)}`);
    }
  }
}

/**
 * Takes the draft of an entry out of the mailbox, also one whose id never arrived, and the entry with it.
 * @throws DraftStop when the mailbox cannot be asked; the entry stays then
 */
export async function removeDraft(calls: DraftCalls, ledger: DraftLedger, entry: DraftEntry): Promise<void> {
  const { step, draftId, internetMessageId } = entry;
  if (draftId !== undefined) await calls.remove(draftId);
  else if (step !== 'begun') {
    const others = new Set(ledger.all().flatMap(({ draftId: id }) => id ?? []));
    for (const found of await calls.findDrafts(internetMessageId)) if (!others.has(found)) await calls.remove(found);
  }
  ledger.remove(entry);
}

/**
 * Leaves nothing of an entry behind whose message has come to its end, or takes another way. What was sent stays sent.
 * @throws DraftStop when the mailbox cannot be asked; the entry stays then
 */
export async function settleDraft(calls: DraftCalls, ledger: DraftLedger, entry: DraftEntry): Promise<void> {
  const { step, draftId } = entry;
  const isDraft =
    step !== 'sent' && (step !== 'sending' || draftId === undefined || (await calls.whereabouts(draftId)) === 'draft');
  if (isDraft) await removeDraft(calls, ledger, entry);
  else ledger.remove(entry);
}

function isRefusal({ answer }: Finding): boolean {
  return answer.status !== undefined && answer.status >= 400 && answer.status < 500;
}

function alreadySent(message: string): Finding {
  return finding({ outcome: 'sent' }, { message });
}

function stillDraft(answer: Finding['answer']): Finding {
  const verdict = { outcome: 'deferred', scope: 'message', fault: 'draft-not-sent' } as const;
  return { verdict, answer, retryAfterMs: lookAgainMs };
}

function itemMissing(): DraftStop {
  const verdict = { outcome: 'deferred', scope: 'message', fault: 'item-missing' } as const;
  return new DraftStop(finding(verdict, { status: 404, message: 'The draft is not in the mailbox any more.' }));
}
