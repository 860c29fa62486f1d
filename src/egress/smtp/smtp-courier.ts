/**
 * The courier by SMTP: to a smart host, or to Exchange Online with OAuth (smtp-oauth/), which differ in how they log in and
 * in what their replies mean.
 *
 * A connection that waited may have been closed by the server meanwhile, or its login be good no longer. What breaks on
 * such a one before the server had the message is tried once more on a new connection: it was certainly not sent.
 */
import type { CrashProbe } from '../../domain/crash-point.ts';
import type { AttemptResult, RecipientResult, ServiceAnswer } from '../../domain/outcome.ts';
import { classifySmtp } from '../classify-smtp.ts';
import type { Courier, Delivery } from '../courier.ts';
import { attemptResult, type Finding, finding, notReached, unreadable } from '../finding.ts';
import type { Verdict } from '../verdict.ts';
import { LinkPool } from './link-pool.ts';
import {
  type SmtpFailure,
  SmtpLink,
  SmtpLinkError,
  type SmtpLogin,
  type SmtpSent,
  type SmtpServer,
} from './smtp-link.ts';
import type { SmtpReply } from './smtp-reply.ts';
import { makeSubmission, type Submission } from './submission.ts';

export interface SmtpCourierOptions {
  readonly server: SmtpServer;
  /** How to log in as a mailbox; rejects with what `loginFinding` understands. */
  readonly login: (sender: string) => Promise<SmtpLogin>;
  /** What a rejection of `login` comes to. */
  readonly loginFinding: (error: unknown) => Finding;
  /** Called when the server has refused a login: what it was made of is not to be used again. */
  readonly loginRefused?: (sender: string) => void;
  /** Connections belong to a mailbox; else any message may take any. */
  readonly linksBySender: boolean;
  /** Connections that the server allows a mailbox, or all where they belong to none. Absent: as many as the lanes want. */
  readonly mostLinks?: number;
  /** Replies are read as those of Exchange Online. */
  readonly exchange: boolean;
  readonly severalSenders: boolean;
  readonly maxMessageBytes: number;
  readonly maxRecipients: number;
  readonly probe?: CrashProbe;
  /** Lets go of what `login` uses. */
  readonly closed?: () => Promise<void>;
}

export class SmtpCourier implements Courier {
  readonly maxRecipients: number;
  readonly #options: SmtpCourierOptions;
  readonly #pool: LinkPool;
  #serverLimit = Number.POSITIVE_INFINITY;

  constructor(options: SmtpCourierOptions) {
    this.#options = options;
    this.maxRecipients = options.maxRecipients;
    this.#pool = new LinkPool((key, signal) => this.#open(key, signal), options.mostLinks ?? Number.POSITIVE_INFINITY);
  }

  /** The connector's own, or less where the server has announced less since. */
  get maxMessageBytes(): number {
    return Math.min(this.#options.maxMessageBytes, this.#serverLimit);
  }

  async send(delivery: Delivery): Promise<AttemptResult> {
    const started = performance.now();
    const notes: string[] = [];
    const found = await this.#attempt(delivery, notes);
    return attemptResult(found, this.#options.severalSenders, Math.round(performance.now() - started), notes);
  }

  async close(): Promise<void> {
    this.#pool.close();
    await this.#options.closed?.();
  }

  async #attempt(delivery: Delivery, notes: string[]): Promise<Finding> {
    let submission: Submission;
    try {
      submission = await makeSubmission(delivery.message, await delivery.body());
    } catch (error) {
      return unreadable(error);
    }
    notes.push(...submission.notes);
    for (let fresh = false; ; fresh = true) {
      const { found, again } = await this.#once(delivery, submission, fresh);
      if (!again || fresh || delivery.signal.aborted) return found;
    }
  }

  /** One try; `again`: a connection that waited was no longer good, and nothing was sent. */
  async #once(
    delivery: Delivery,
    submission: Submission,
    fresh: boolean,
  ): Promise<{ readonly found: Finding; readonly again: boolean }> {
    const { sender } = delivery.message.route;
    const key = this.#options.linksBySender ? sender : '';
    let taken: { link: SmtpLink; reused: boolean };
    try {
      taken = await this.#pool.take(key, fresh, delivery.signal);
    } catch (error) {
      if (!(error instanceof SmtpLinkError)) return { found: this.#options.loginFinding(error), again: false };
      const isLogin = error.failure.kind === 'reply' && error.failure.reply.stage === 'auth';
      if (isLogin) this.#options.loginRefused?.(sender);
      // A refused token may have been revoked or too old: one more with a fresh one, as over Graph.
      return { found: this.#failed(error.failure, [], submission), again: isLogin && !fresh };
    }
    const { link, reused } = taken;
    const { size, extensions } = link.abilities;
    if (size !== undefined) this.#serverLimit = size;
    const unfit = await unfitFor(submission, extensions);
    if (unfit !== undefined) {
      this.#pool.put(key, link);
      return { found: finding({ outcome: 'failed', fault: 'message-unfit' }, { message: unfit }), again: false };
    }
    const { mailFrom, recipients, body, dsn } = submission;
    const outgoing = {
      mailFrom,
      recipients: [...recipients.keys()],
      size: body.size,
      stream: () => body.stream(),
      ...(dsn ? { dsn } : {}),
    };
    const end = await link.send(outgoing, delivery.signal, () => this.#options.probe?.('during-post'));
    this.#pool.put(key, link);
    const again = reused && !end.sent && isStale(end.failure);
    if (again) this.#pool.drop(key);
    return { found: this.#found(end, submission), again };
  }

  async #open(key: string, signal: AbortSignal): Promise<SmtpLink> {
    return await SmtpLink.open(this.#options.server, await this.#options.login(key), signal);
  }

  #found(end: SmtpSent, submission: Submission): Finding {
    if (!end.sent) return this.#failed(end.failure, end.refused, submission);
    const { reply, refused } = end.message;
    const recipients = this.#recipients(refused, submission);
    const answer = answerOf(reply);
    const deferredOnes = recipients.filter(({ outcome }) => outcome === 'deferred');
    if (deferredOnes.length === 0) return { verdict: { outcome: 'sent' }, answer, recipients };
    // The others have it. Who has to wait gives the attempt its outcome, so that there is another one, for them alone.
    const refusedNames = new Set(recipients.map(({ address }) => address));
    const done = [...submission.recipients.values()].filter((address) => !refusedNames.has(address));
    return {
      verdict: { outcome: 'deferred', scope: 'message', fault: 'recipient-deferred' },
      answer: deferredOnes[0]?.answer ?? answer,
      recipients: [
        ...done.map((address) => ({ address, outcome: 'sent' as const, answer })),
        ...recipients.filter(({ outcome }) => outcome !== 'deferred'),
      ],
    };
  }

  #failed(failure: SmtpFailure, refused: SmtpReplies, submission: Submission): Finding {
    switch (failure.kind) {
      case 'unreadable':
        return unreadable(new Error(failure.why));
      case 'tls':
        return finding({ outcome: 'deferred', scope: 'connector', fault: 'smtp-tls-failed' }, { message: failure.why });
      case 'too-large':
        this.#serverLimit = failure.most;
        return finding(
          { outcome: 'failed', fault: 'too-large' },
          { message: `The mail server takes ${failure.most} bytes; the message has ${submission.body.size}.` },
        );
      case 'broken':
        return {
          ...finding(failure.bodyOut ? { outcome: 'uncertain', fault: 'no-answer' } : notReached, {
            message: failure.why,
          }),
          recipients: failure.bodyOut ? this.#recipients(refused, submission) : [],
        };
      case 'reply':
        return this.#refused(failure.reply, refused, submission);
    }
  }

  /** The server refused the message, or all of its recipients, each in its own words. */
  #refused(reply: SmtpReply, refused: SmtpReplies, submission: Submission): Finding {
    const verdict = classifySmtp(reply, this.#options.exchange);
    const answer = answerOf(reply);
    if (reply.stage !== 'recipient') return finding(verdict, answer);
    const recipients = this.#recipients(refused, submission);
    const isAlike = recipients.every(({ outcome }) => outcome === recipients[0]?.outcome);
    if (isAlike || recipients.length < submission.recipients.size) return finding(verdict, answer);
    return {
      verdict: { outcome: 'deferred', scope: 'message', fault: 'recipient-deferred' },
      answer,
      recipients: recipients.filter(({ outcome }) => outcome === 'failed'),
    };
  }

  #recipients(refused: SmtpReplies, submission: Submission): RecipientResult[] {
    return refused.map(({ recipient, reply }) => {
      const verdict: Verdict = classifySmtp(reply, this.#options.exchange);
      const isFinal = verdict.outcome === 'failed';
      return {
        address: submission.recipients.get(recipient) ?? recipient,
        outcome: isFinal ? ('failed' as const) : ('deferred' as const),
        fault: isFinal ? verdict.fault : ('recipient-deferred' as const),
        answer: answerOf(reply),
      };
    });
  }
}

type SmtpReplies = readonly { readonly recipient: string; readonly reply: SmtpReply }[];

function answerOf({ code, enhanced, text }: SmtpReply): ServiceAnswer {
  return { status: code, ...(enhanced === undefined ? {} : { code: enhanced }), message: text };
}

/** It happened before the server had the message, in a way that a new connection may not meet. */
function isStale(failure: SmtpFailure): boolean {
  if (failure.kind === 'broken') return !failure.bodyOut;
  if (failure.kind !== 'reply' || failure.reply.stage === 'message') return false;
  return failure.reply.code === 421 || failure.reply.code === 530 || failure.reply.code === 535;
}

/** Why this server cannot take the message as it is; bytes below the header are never changed to make it fit. */
async function unfitFor(submission: Submission, extensions: ReadonlySet<string>): Promise<string | undefined> {
  if (submission.needsUtf8 && !extensions.has('SMTPUTF8'))
    return 'The mail server does not take addresses beyond ASCII (SMTPUTF8).';
  if (extensions.has('8BITMIME')) return undefined;
  for await (const piece of submission.body.stream())
    if (piece.some((byte) => byte > 127))
      return 'The mail server takes 7-bit mail alone (no 8BITMIME), and this is 8-bit.';
  return undefined;
}
