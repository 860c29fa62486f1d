/**
 * The courier by Microsoft Graph: one `sendMail` for each attempt, and one more when the token is refused, since a refused
 * token is the one answer that says both "not sent" and "try at once".
 *
 * It knows whether the whole request was out when something broke: before that an attempt is `deferred`, after it
 * `uncertain`. Where the connector may read Sent Items, a look there can turn `uncertain` into `sent`, and a message that
 * an earlier attempt may have sent is looked for before it is posted again.
 */
import type { CrashProbe } from '../../domain/crash-point.ts';
import type { AttemptResult } from '../../domain/outcome.ts';
import type { Connections } from '../../microsoft/connections.ts';
import { type Exchanged, type ExchangeRequest, exchange } from '../../microsoft/exchange.ts';
import type { TokenSource } from '../../microsoft/token-source.ts';
import { classifyGraph } from '../classify.ts';
import type { Courier, Delivery } from '../courier.ts';
import { attemptResult, type Finding, finding, notReached, reason, tokenFinding, unreadable } from '../finding.ts';
import { readGraphAnswer } from './graph-answer.ts';
import { makeOutgoingMail, maxMessageBytes, type OutgoingMail } from './outgoing-mail.ts';
import { lookIntoSentItems } from './sent-items.ts';

export interface GraphCourierOptions {
  /** Origin of Graph, from the table of clouds. */
  readonly graph: string;
  readonly tokens: Pick<TokenSource, 'token' | 'forget'>;
  /** Belongs to the courier from here on: `close` closes it. */
  readonly connections: Connections;
  /** Several mailboxes send by this connector: the fault of one stops its lane and not all. */
  readonly severalSenders: boolean;
  /** The app may read the mailbox (Mail.Read): doubts are looked up in Sent Items. */
  readonly readSentItems: boolean;
  /** Parts that Graph has been seen to mangle go as base64; see quoted-printable-repair.ts. Default: every byte stays. */
  readonly repairsQuotedPrintable?: boolean;
  /** Recipients of one message; 500 unless the tenant has set the mailbox's RecipientLimits otherwise. */
  readonly maxRecipients?: number;
  readonly timings?: Partial<GraphTimings>;
  readonly now: () => number;
  readonly probe?: CrashProbe;
}

/** How long a request may take: a part for all, and a part by its size. */
export interface GraphTimings {
  /** ms to put the request out, waiting for a connection included. */
  readonly uploadMs: number;
  /** Slowest upload that is waited for, bytes per ms. */
  readonly uploadBytesPerMs: number;
  /** ms for the answer. */
  readonly answerMs: number;
  /** Slowest service that is waited for, bytes of the request per ms. */
  readonly answerBytesPerMs: number;
}

const defaultTimings: GraphTimings = {
  uploadMs: 30_000,
  uploadBytesPerMs: 32,
  answerMs: 60_000,
  answerBytesPerMs: 128,
};

const defaultMaxRecipients = 500;

type FitMail = Extract<OutgoingMail, { fit: true }>;

export class GraphCourier implements Courier {
  readonly maxMessageBytes = maxMessageBytes;
  readonly maxRecipients: number;
  readonly #options: GraphCourierOptions;
  readonly #timings: GraphTimings;

  constructor(options: GraphCourierOptions) {
    this.#options = options;
    this.#timings = { ...defaultTimings, ...options.timings };
    this.maxRecipients = options.maxRecipients ?? defaultMaxRecipients;
  }

  async send(delivery: Delivery): Promise<AttemptResult> {
    const started = performance.now();
    const notes: string[] = [];
    const finding = await this.#attempt(delivery, notes);
    const { severalSenders } = this.#options;
    return attemptResult(finding, severalSenders, Math.round(performance.now() - started), notes);
  }

  async close(): Promise<void> {
    await this.#options.connections.close();
  }

  async #attempt(delivery: Delivery, notes: string[]): Promise<Finding> {
    let mail: OutgoingMail;
    try {
      mail = await makeOutgoingMail(delivery.message, await delivery.bytes(), this.#options);
    } catch (error) {
      return unreadable(error);
    }
    if (!mail.fit) return finding({ outcome: 'failed', fault: mail.fault }, { message: mail.why });
    notes.push(...mail.notes);
    if (delivery.message.maybeSent && (await this.#isInSentItems(delivery, notes)))
      return finding({ outcome: 'sent' }, { message: 'An earlier attempt had sent it: it is in Sent Items.' });
    const found = await this.#post(delivery, mail);
    if (found.verdict.outcome === 'uncertain' && (await this.#isInSentItems(delivery, notes)))
      return { ...found, verdict: { outcome: 'sent' } };
    return found;
  }

  /** Posts, and posts once more with a fresh token when the first one was refused. */
  async #post(delivery: Delivery, mail: FitMail): Promise<Finding> {
    const { tokens } = this.#options;
    for (let isSecond = false; ; isSecond = true) {
      let token: string;
      try {
        token = await tokens.token();
      } catch (error) {
        return tokenFinding(error);
      }
      if (delivery.signal.aborted) return finding(notReached, { message: 'Mailroom is shutting down.' });
      const exchanged = await this.#sendMail(delivery, mail, token);
      if (exchanged.kind === 'broken')
        return finding(exchanged.bodyOut ? { outcome: 'uncertain', fault: 'no-answer' } : notReached, {
          message: exchanged.why,
        });
      const { judged, answer, retryAfterMs } = readGraphAnswer(exchanged.answer, this.#options.now());
      const verdict = classifyGraph(judged);
      const isAtFault = verdict.outcome === 'deferred' && (verdict.scope === 'connector' || verdict.scope === 'sender');
      // What was granted since is only in a new token: the next probe has to ask for one.
      if (isAtFault) tokens.forget(token);
      if (judged.status !== 401 || isSecond) return { verdict, answer, retryAfterMs };
    }
  }

  #sendMail(delivery: Delivery, mail: FitMail, token: string): Promise<Exchanged> {
    const { graph, connections, probe } = this.#options;
    const { clientRequestId, message, signal } = delivery;
    return exchange(connections, {
      origin: graph,
      path: `/v1.0/users/${encodeURIComponent(message.route.sender)}/sendMail`,
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': mail.contentType,
        accept: 'application/json',
        'client-request-id': clientRequestId,
        'return-client-request-id': 'true',
      },
      body: mail.body(),
      deadlines: this.#deadlines(mail.size),
      signal,
      ...(probe ? { started: () => probe('during-post') } : {}),
    });
  }

  async #isInSentItems({ message, signal }: Delivery, notes: string[]): Promise<boolean> {
    const { readSentItems, tokens, connections, graph } = this.#options;
    // The JSON form can leave no copy, so that its absence and its presence both say nothing.
    if (!readSentItems || (message.route.form === 'json' && !message.route.saveToSentItems)) return false;
    const { sender } = message.route;
    try {
      const token = await tokens.token();
      const { messageId } = message.summary;
      const question = { origin: graph, sender, messageId, token, deadlines: this.#deadlines(0), signal };
      const seen = await lookIntoSentItems(connections, question);
      notes.push(`looked into Sent Items of ${sender}: ${seen}`);
      return seen === 'found';
    } catch (error) {
      notes.push(`could not look into Sent Items of ${sender}: ${reason(error)}`);
      return false;
    }
  }

  #deadlines(bytes: number): ExchangeRequest['deadlines'] {
    const { uploadMs, uploadBytesPerMs, answerMs, answerBytesPerMs } = this.#timings;
    return { uploadMs: uploadMs + bytes / uploadBytesPerMs, answerMs: answerMs + bytes / answerBytesPerMs };
  }
}
