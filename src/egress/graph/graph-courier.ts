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
import type { TokenSource } from '../../microsoft/token-source.ts';
import { classifyGraph } from '../classify.ts';
import type { Courier, Delivery } from '../courier.ts';
import { attemptResult, type Finding, finding, notReached, reason, unreadable } from '../finding.ts';
import { callGraph, deadlinesFor, defaultTimings, type GraphAccess, type GraphTimings } from './graph-call.ts';
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

const defaultMaxRecipients = 500;

type FitMail = Extract<OutgoingMail, { fit: true }>;

export class GraphCourier implements Courier {
  readonly maxMessageBytes = maxMessageBytes;
  readonly maxRecipients: number;
  readonly #options: GraphCourierOptions;
  readonly #access: GraphAccess;

  constructor(options: GraphCourierOptions) {
    this.#options = options;
    const { graph, tokens, connections, now } = options;
    this.#access = { graph, tokens, connections, now, timings: { ...defaultTimings, ...options.timings } };
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

  async #post(delivery: Delivery, mail: FitMail): Promise<Finding> {
    const { probe } = this.#options;
    const { clientRequestId, message, signal } = delivery;
    const called = await callGraph(this.#access, {
      path: '/sendMail',
      sender: message.route.sender,
      method: 'POST',
      headers: { 'content-type': mail.contentType },
      body: mail.body,
      size: mail.size,
      clientRequestId,
      signal,
      ...(probe ? { started: () => probe('during-post') } : {}),
    });
    switch (called.kind) {
      case 'not-begun':
        return called.finding;
      case 'broken': {
        const verdict = called.bodyOut ? ({ outcome: 'uncertain', fault: 'no-answer' } as const) : notReached;
        return finding(verdict, { message: called.why });
      }
      case 'answered': {
        const { judged, answer, retryAfterMs } = called.read;
        return { verdict: classifyGraph(judged), answer, retryAfterMs };
      }
    }
  }

  async #isInSentItems({ message, signal }: Delivery, notes: string[]): Promise<boolean> {
    const { readSentItems, tokens, connections, graph } = this.#options;
    // The JSON form can leave no copy, so that its absence and its presence both say nothing.
    if (!readSentItems || (message.route.form === 'json' && !message.route.saveToSentItems)) return false;
    const { sender } = message.route;
    try {
      const token = await tokens.token();
      const { messageId } = message.summary;
      const question = {
        origin: graph,
        sender,
        messageId,
        token,
        deadlines: deadlinesFor(this.#access.timings, 0),
        signal,
      };
      const seen = await lookIntoSentItems(connections, question);
      notes.push(`looked into Sent Items of ${sender}: ${seen}`);
      return seen === 'found';
    } catch (error) {
      notes.push(`could not look into Sent Items of ${sender}: ${reason(error)}`);
      return false;
    }
  }
}
