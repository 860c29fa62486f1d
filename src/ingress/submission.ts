/**
 * The intake: takes bytes while they arrive, checks the header once they are all there, and puts the message on record.
 *
 * Order of `finish`: hops, From, route and size, missing header fields, quota, and only then the store. The promise resolves
 * when the store says durable; nobody may answer a client before.
 */
import { type Fault, FaultError } from '../domain/catalogue.ts';
import type { AcceptedMessage, Priority, Redaction } from '../domain/message.ts';
import { newMessageId } from '../domain/message-id.ts';
import type { Clock, Logger } from '../domain/ports.ts';
import { parseRootHeader } from '../mime/root-header.ts';
import { missingFields, readHeaderFacts } from '../mime/submission-header.ts';
import type { Gate } from '../policy/gate.ts';
import type { RedactionFacts } from '../policy/redaction.ts';
import type { BodyWriter, QueueStore } from '../queue/store.ts';
import { HeaderCollector } from './header-collector.ts';
import type { Intake, IntakeResult, SubmissionInProgress, SubmissionStart } from './intake.ts';

/** Nobody writes a header of a mebibyte by intent; reading one would hold up everybody else. */
const mostHeaderBytes = 1_048_576;
/** Received fields; a message that has passed more servers goes round in circles (RFC 5321 §6.3). */
const mostHops = 50;

export interface IntakeOptions {
  readonly store: Pick<QueueStore, 'newBody' | 'accept'>;
  readonly gate: Pick<Gate, 'checkHeaderFrom' | 'takeQuota' | 'route'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Right side of Message-IDs that are added. */
  readonly hostname: string;
  /** ms until a message is given up. */
  readonly lifetimeMs: number;
  /** Whether mail of this route is set aside until somebody releases it. */
  readonly holdsRoute: (route: string) => boolean;
  /** What a rule says about its content. Default: nothing. */
  readonly redactionOf?: (facts: RedactionFacts) => Redaction | undefined;
  /** Called after a message is durable. `receivedMs`: from its first to its last step of reception. */
  readonly onAccepted?: (message: AcceptedMessage, receivedMs: number) => void;
  readonly onRefused?: (fault: Fault, start: SubmissionStart) => void;
}

/** Makes the intake that every listener hands its submissions to. */
export function createIntake(options: IntakeOptions): Intake {
  return {
    begin(start) {
      try {
        return new Submission(options, start, options.store.newBody());
      } catch (error) {
        return refuse(options, start, faultOf(error));
      }
    },
  };
}

class Submission implements SubmissionInProgress {
  readonly #options: IntakeOptions;
  readonly #start: SubmissionStart;
  readonly #body: BodyWriter;
  readonly #beganAt: number;
  readonly #header = new HeaderCollector(mostHeaderBytes);
  #fault: Fault | undefined;

  constructor(options: IntakeOptions, start: SubmissionStart, body: BodyWriter) {
    this.#options = options;
    this.#start = start;
    this.#body = body;
    this.#beganAt = options.clock.now();
  }

  write(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#fault) return undefined;
    if (this.#header.open) {
      this.#header.add(chunk);
      if (this.#header.tooLong && this.#hasHeader()) {
        this.#fault = { code: 'header-too-large', detail: `The header is longer than ${mostHeaderBytes} bytes.` };
        return undefined;
      }
    }
    return this.#body.write(chunk)?.catch((error: unknown) => this.#fail(error));
  }

  async finish(): Promise<IntakeResult> {
    try {
      if (this.#fault) throw new FaultError(this.#fault);
      const { message, prefix } = this.#decide();
      const body = await this.#body.finish();
      await this.#options.store.accept(message, prefix, body);
      this.#report(message);
      return { accepted: true, id: message.id };
    } catch (error) {
      await this.abort();
      return { accepted: false, fault: refuse(this.#options, this.#start, faultOf(error)) };
    }
  }

  async abort(): Promise<void> {
    await this.#body.discard().catch((error: unknown) => {
      this.#options.logger.warn({ err: error }, 'A message that was not accepted could not be cleared away.');
    });
  }

  /** A message whose first line is no field is all body, however long that is. */
  #hasHeader(): boolean {
    return parseRootHeader(this.#header.bytes).fields.length > 0;
  }

  #decide(): { message: AcceptedMessage; prefix: Buffer } {
    const { gate, clock, hostname, lifetimeMs, holdsRoute } = this.#options;
    const { client, envelope, origin, idempotency } = this.#start;
    const now = clock.now();
    const id = newMessageId(now);
    const ownMessageId = `<${id}@${hostname}>`;
    const header = parseRootHeader(this.#header.bytes);
    const { from, hasFrom, hops, subject, messageId, conversation } = readHeaderFacts(header, ownMessageId);
    if (hops > mostHops) throw new FaultError({ code: 'mail-loop', detail: `${hops} Received fields.` });
    // A From that is missing is made of MAIL FROM, which has been checked, or of the system account.
    if (hasFrom) orThrow(gate.checkHeaderFrom(client, from.length > 0 ? from : undefined));

    const summary = {
      subject,
      messageId,
      from: hasFrom ? from : [envelope.mailFrom],
      ...(conversation === undefined ? {} : { conversation }),
    };
    const added = (address: string) => missingFields(header, { messageId: ownMessageId, now, from: address });
    let prefix = added(envelope.mailFrom);
    const routed = gate.route(client, envelope, summary, this.#body.size + prefix.byteLength);
    if (!routed.ok) throw new FaultError(routed.fault);
    if (!hasFrom && envelope.mailFrom === '') {
      prefix = added(routed.value.sender);
      summary.from = [routed.value.sender];
    }
    // Last: what is refused for another reason takes nothing off the quota.
    orThrow(gate.takeQuota(client, envelope.recipients.length));
    const redaction = this.#options.redactionOf?.({ client: client.name, route: routed.value.route, subject });
    const message: AcceptedMessage = {
      id,
      acceptedAt: now,
      expiresAt: now + lifetimeMs,
      client: client.name,
      priority: lower(client.priority, this.#start.priority),
      origin,
      envelope,
      route: routed.value,
      summary,
      size: this.#body.size + prefix.byteLength,
      initialState: holdsRoute(routed.value.route) ? 'held' : 'queued',
      ...(redaction ? { redaction } : {}),
      ...(idempotency ? { idempotency } : {}),
    };
    return { message, prefix };
  }

  #report(message: AcceptedMessage): void {
    try {
      this.#options.onAccepted?.(message, this.#options.clock.now() - this.#beganAt);
    } catch (error) {
      // The message is durable: nothing that a listener does may turn its answer into a refusal.
      this.#options.logger.error({ err: error, id: message.id }, 'A listener for accepted messages failed.');
    }
  }

  #fail(error: unknown): void {
    this.#fault ??= faultOf(error);
  }
}

const ranks: Readonly<Record<Priority, number>> = { low: 0, normal: 1, high: 2 };

/** A client may ask for less than it has, never for more. */
function lower(own: Priority, wish: Priority | undefined): Priority {
  return wish !== undefined && ranks[wish] < ranks[own] ? wish : own;
}

function orThrow(fault: Fault | undefined): void {
  if (fault) throw new FaultError(fault);
}

function faultOf(error: unknown): Fault {
  if (error instanceof FaultError) return error.fault;
  return { code: 'internal-error', detail: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

function refuse(options: IntakeOptions, start: SubmissionStart, fault: Fault): Fault {
  try {
    options.onRefused?.(fault, start);
  } catch (error) {
    options.logger.error({ err: error }, 'A listener for refused messages failed.');
  }
  return fault;
}
