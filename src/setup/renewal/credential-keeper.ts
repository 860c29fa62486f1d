/**
 * Looks after the credentials of a running server: after the start, daily, and when something falls due. Each look, of one
 * connector at a time:
 *
 * 1. what an earlier process left half-made is taken back, or, where the switch had come, put on record;
 * 2. the end is found: from the certificate itself, from Graph where the app may read there, else from the record or from
 *    what was entered;
 * 3. old ones whose wait is over are removed;
 * 4. where the end is near enough and the app may renew, it is renewed (`renewCredential`). What fails changes nothing, is
 *    tried again, and is told once until it works;
 * 5. what is still near its end then is warned of, once at each mark.
 *
 * The clock is passed in, and all that has to outlive a restart is on record.
 */
import { type AlertSink, type CredentialMark, credentialMarkOf, credentialMarks } from '../../domain/alert.ts';
import type { Clock, Logger } from '../../domain/ports.ts';
import type { DirectoryApplication } from '../../microsoft/directory-client.ts';
import { knownEnd } from './credential-end.ts';
import { type CredentialRecord, type CredentialRecords, fingerprintOf } from './credential-records.ts';
import { type CredentialStatus, type KeptCredential, statusOf } from './credential-status.ts';
import { switchedTo } from './record-after-switch.ts';
import {
  type CredentialKind,
  keyIdOf,
  type Registration,
  type RenewableCredential,
  RenewalNotAllowed,
} from './registration.ts';
import { type RenewalEvent, renewCredential } from './renew-credential.ts';
import type { RenewalEntry, RenewalHistory } from './renewal-history.ts';

export interface CredentialKeeperOptions {
  /** Asked at each look: connectors come and go. */
  readonly kept: () => readonly KeptCredential[];
  readonly records: CredentialRecords;
  readonly history: RenewalHistory;
  readonly alerts: AlertSink;
  readonly clock: Clock;
  readonly logger: Logger;
  /** After a switch, for what has to take up the new one at once. */
  readonly renewed?: (connector: string) => void;
}

const dayMs = 86_400_000;
/** After the start, so that the first mail of the day goes first. */
const firstMs = 90_000;
/** Where little time is left. */
const hurriedMs = 6 * 3_600_000;
const leastMs = 60_000;

export class CredentialKeeper {
  readonly #options: CredentialKeeperOptions;
  readonly #cancels = new Map<string, () => void>();
  /** One thing at a time for each connector. */
  readonly #busy = new Map<string, Promise<unknown>>();
  readonly #stopping = new AbortController();

  constructor(options: CredentialKeeperOptions) {
    this.#options = options;
  }

  start(): void {
    for (const { connector } of this.#options.kept()) this.#schedule(connector, firstMs);
  }

  /** Takes up connectors that came since, and lets go of those that went. */
  watch(): void {
    const names = this.#options.kept().map(({ connector }) => connector);
    for (const name of names) if (!this.#cancels.has(name)) this.#schedule(name, firstMs);
    for (const [name, cancel] of this.#cancels)
      if (!names.includes(name)) {
        cancel();
        this.#cancels.delete(name);
      }
  }

  /** Waits for what is under way: a renewal that is cut off is taken back. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const cancel of this.#cancels.values()) cancel();
    await this.settled();
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#busy.values());
  }

  /** What is known, without asking anybody. Metrics and console ask: they do not fail over a damaged record. */
  list(): readonly CredentialStatus[] {
    const { kept, records, clock } = this.#options;
    return kept().map((each) => {
      try {
        return statusOf(each, records, clock.now());
      } catch (error) {
        const whyNot = error instanceof Error ? error.message : String(error);
        return { connector: each.connector, kind: 'unreadable', whyNot, removals: [] };
      }
    });
  }

  history(limit: number): readonly RenewalEntry[] {
    return this.#options.history.list(limit);
  }

  /** Looks now, as the daily look does. */
  look(connector: string): Promise<void> {
    return this.#alone(connector, async () => {
      const kept = this.#options.kept().find((each) => each.connector === connector);
      if (!kept) return;
      const waitMs = await this.#look(kept);
      this.#schedule(connector, waitMs);
    });
  }

  /**
   * Renews now, whatever is left.
   * @throws RenewalError, RenewalNotAllowed, DirectoryError, TokenError in one sentence; nothing was changed then
   */
  renewNow(
    connector: string,
    told: (event: RenewalEvent) => void = () => undefined,
    /** By an administrator in place of the app itself. */
    byAdministrator?: (use: (registration: Registration) => Promise<number>) => Promise<number>,
  ): Promise<{ readonly endsAt: number }> {
    return this.#alone(connector, async () => {
      const kept = this.#options.kept().find((each) => each.connector === connector);
      if (!kept) throw new RenewalNotAllowed(`There is no connector ${connector} with a credential.`);
      const use = (registration: Registration) =>
        this.#renew(kept, registration, told, byAdministrator ? 'administrator' : 'itself');
      const endsAt = byAdministrator
        ? await byAdministrator(use)
        : await kept.asApp(this.#record(kept).objectId ?? kept.rules.objectId, use);
      this.#schedule(connector, leastMs);
      return { endsAt };
    });
  }

  #alone<T>(connector: string, work: () => Promise<T>): Promise<T> {
    const before = this.#busy.get(connector) ?? Promise.resolve();
    const turn = before.then(work, work);
    this.#busy.set(connector, turn);
    return turn;
  }

  #schedule(connector: string, inMs: number): void {
    if (this.#stopping.signal.aborted) return;
    this.#cancels.get(connector)?.();
    const cancel = this.#options.clock.after(inMs, () => {
      this.look(connector).catch((error: unknown) => {
        this.#options.logger.error({ err: error, connector }, 'A credential could not be looked after.');
        this.#schedule(connector, dayMs);
      });
    });
    this.#cancels.set(connector, cancel);
  }

  #record({ connector }: KeptCredential): CredentialRecord {
    return this.#options.records.of(connector);
  }

  /** @returns ms until the next look */
  async #look(kept: KeptCredential): Promise<number> {
    const { clock, records } = this.#options;
    const credential = kept.credential();
    if (credential.kind === 'federated' || credential.kind === 'managed-identity') return dayMs;
    if (!this.#isWorthAsking(kept, credential)) {
      this.#takeUp(kept, credential, undefined);
      this.#warn(kept);
      return this.#untilNext(kept);
    }
    const objectId = this.#record(kept).objectId ?? kept.rules.objectId;
    try {
      await kept.asApp(objectId, async (registration) => {
        const application = await registration.read();
        records.change(kept.connector, (record) => ({ ...record, askedAt: clock.now() }));
        this.#takeUp(kept, credential, application);
        await this.#mendHalfMade(kept, credential, registration, application);
        await this.#removeOld(kept, registration);
        if (this.#isDue(kept)) await this.#renewByItself(kept, registration);
      });
    } catch (error) {
      // Without a token nothing can be asked; the record still knows the end.
      this.#takeUp(kept, credential, undefined);
      if (this.#isDue(kept)) this.#failed(kept, error);
      else this.#options.logger.warn({ connector: kept.connector, err: error }, 'A credential could not be looked at.');
    }
    this.#warn(kept);
    return this.#untilNext(kept);
  }

  /** A secret may be removed in Entra by anybody there: looked at weekly, and daily towards its end. */
  #isWorthAsking(kept: KeptCredential, credential: RenewableCredential): boolean {
    const { records, clock } = this.#options;
    const now = clock.now();
    const { askedAt, making, removals, inUse } = records.of(kept.connector);
    const { endsAt } = statusOf(kept, records, now);
    if (askedAt === undefined || making || endsAt === undefined || this.#isDue(kept)) return true;
    if (inUse?.fingerprint !== fingerprintOf(credential) || removals.some(({ removeAt }) => removeAt <= now))
      return true;
    if (credential.kind === 'certificate') return now - askedAt >= 30 * dayMs;
    return now - askedAt >= 7 * dayMs || endsAt - now < 60 * dayMs;
  }

  /** ms until the next look. */
  #untilNext(kept: KeptCredential): number {
    const { records, clock } = this.#options;
    const { removals } = records.of(kept.connector);
    const now = clock.now();
    const { endsAt } = statusOf(kept, records, now);
    const isShort = endsAt !== undefined && endsAt > now && endsAt - now < 2 * dayMs;
    const due = [
      now + (isShort ? hurriedMs : dayMs),
      ...removals.map(({ removeAt }) => removeAt),
      ...(endsAt === undefined ? [] : credentialMarks.map((mark) => endsAt - mark * dayMs)),
    ].filter((at) => at > now);
    return Math.max(leastMs, Math.min(...due) - now);
  }

  /** Puts on record which credential is in use and when it ends; one that came by hand begins anew. */
  #takeUp(kept: KeptCredential, credential: RenewableCredential, application: DirectoryApplication | undefined): void {
    const { records, clock } = this.#options;
    const before = this.#record(kept);
    const fingerprint = fingerprintOf(credential) ?? '';
    const isSame = before.inUse?.fingerprint === fingerprint;
    if (before.making && !isSame && before.inUse) return;
    const end = knownEnd(credential, application, isSame ? before : undefined, undefined);
    const keyId = (application && keyIdOf(credential, application)) ?? (isSame ? before.inUse?.keyId : undefined);
    if (before.inUse && !isSame)
      this.#note({ at: clock.now(), connector: kept.connector, step: 'replaced-by-hand', by: 'administrator' });
    records.change(kept.connector, (record) => ({
      ...(isSame ? record : withoutFailing(record)),
      ...(application ? { objectId: application.id } : {}),
      inUse: {
        fingerprint,
        ...(keyId === undefined ? {} : { keyId }),
        ...(end ? { endsAt: end.endsAt, ...(end.from === 'entered' ? {} : { from: end.from }) } : {}),
      },
    }));
  }

  /**
   * A process ended between making a credential and putting its switch on record. Where the new one is in use by now, the
   * old one is removed after the usual wait; where it is not, nobody knows it any more, and it goes.
   */
  async #mendHalfMade(
    kept: KeptCredential,
    credential: RenewableCredential,
    registration: Registration,
    application: DirectoryApplication | undefined,
  ): Promise<void> {
    const { records, clock } = this.#options;
    const { making, inUse } = this.#record(kept);
    if (!making) return;
    if (inUse && inUse.fingerprint !== fingerprintOf(credential)) {
      const removeAt = clock.now() + kept.rules.removeAfterMs;
      const removal = inUse.keyId === undefined ? [] : [{ kind: making.kind, keyId: inUse.keyId, removeAt }];
      records.change(kept.connector, ({ making: _done, inUse: _old, ...record }) => ({
        ...record,
        removals: [...record.removals, ...removal],
      }));
      this.#takeUp(kept, credential, application);
      return;
    }
    const keyId = application && keyIdOfLabel(making, application);
    if (keyId !== undefined) {
      await registration.remove(making.kind, keyId);
      this.#note({ at: clock.now(), connector: kept.connector, step: 'taken-back', by: 'itself' });
    }
    records.change(kept.connector, ({ making: _done, ...record }) => record);
  }

  async #removeOld(kept: KeptCredential, registration: Registration): Promise<void> {
    const { records, clock, logger } = this.#options;
    const { connector } = kept;
    for (const { kind, keyId, removeAt } of this.#record(kept).removals) {
      if (removeAt > clock.now()) continue;
      const step = await registration.remove(kind, keyId).then(
        () => ({ step: 'removed' as const }),
        (error: unknown) => {
          if (!(error instanceof RenewalNotAllowed)) throw error;
          return { step: 'kept-old' as const, why: error.message };
        },
      );
      // Where it may not be removed, it ends by itself.
      records.change(connector, (record) => ({
        ...record,
        removals: record.removals.filter((each) => each.keyId !== keyId),
      }));
      this.#note({ at: clock.now(), connector, by: 'itself', ...step });
      logger.info({ connector, ...step }, 'The old credential of a connector was dealt with.');
    }
  }

  #isDue(kept: KeptCredential): boolean {
    const { renewsAt } = statusOf(kept, this.#options.records, this.#options.clock.now(), true);
    return renewsAt !== undefined && renewsAt <= this.#options.clock.now();
  }

  async #renewByItself(kept: KeptCredential, registration: Registration): Promise<void> {
    try {
      await this.#renew(kept, registration, () => undefined);
    } catch (error) {
      this.#failed(kept, error);
    }
  }

  async #renew(
    kept: KeptCredential,
    registration: Registration,
    told: (event: RenewalEvent) => void,
    by: RenewalEntry['by'] = 'itself',
  ): Promise<number> {
    const { records, clock, logger, renewed } = this.#options;
    const { connector, rules, keeping } = kept;
    if ('why' in keeping) throw new RenewalNotAllowed(keeping.why);
    const old = kept.credential();
    if (old.kind === 'federated' || old.kind === 'managed-identity')
      throw new RenewalNotAllowed('The platform looks after this credential.');
    const { keep } = keeping;
    const record = this.#record(kept);
    const isOnRecord = record.inUse?.fingerprint === fingerprintOf(old);
    const result = await renewCredential(
      old,
      { days: rules.days, name: 'Mailroom', oldKeyId: isOnRecord ? record.inUse?.keyId : undefined },
      {
        registration,
        prove: kept.prove,
        keep,
        making: (making) =>
          records.change(connector, ({ making: _before, ...rest }) => (making ? { ...rest, making } : rest)),
        now: () => clock.now(),
        pause: (ms) => this.#pause(ms),
        told: (event) => {
          this.#noteEvent(connector, event, by);
          told(event);
        },
      },
    );
    records.change(connector, (before) => switchedTo(result, before, clock.now() + rules.removeAfterMs, clock.now()));
    if (result.oldKeyId === undefined) {
      const why = 'which of the credentials in the registration was the old one is not certain';
      this.#note({ at: clock.now(), connector, step: 'kept-old', why, by });
      told({ kind: 'kept-old', why });
    }
    logger.info(
      { connector, endsAt: new Date(result.endsAt).toISOString() },
      'The credential of a connector was renewed.',
    );
    renewed?.(connector);
    return result.endsAt;
  }

  #failed(kept: KeptCredential, error: unknown): void {
    const { records, clock, alerts, logger } = this.#options;
    const { connector } = kept;
    const why = error instanceof Error ? error.message : String(error);
    const before = this.#record(kept);
    // An app that never might is no failure: the marks warn in time. One that did, and no longer can, is one.
    const isRefusal = error instanceof RenewalNotAllowed && before.renewedAt === undefined;
    logger.warn({ connector, why }, 'The credential of a connector could not be renewed.');
    records.change(connector, (record) => ({ ...record, failing: why }));
    // Once, until it works again: each try has another request id in its words.
    if (before.failing !== undefined) return;
    this.#note({ at: clock.now(), connector, step: isRefusal ? 'not-allowed' : 'failed', why, by: 'itself' });
    const { endsAt } = statusOf(kept, records, clock.now());
    if (!isRefusal)
      alerts.raise({ kind: 'renewal-failed', connector, why, ...(endsAt === undefined ? {} : { endsAt }) });
  }

  #warn(kept: KeptCredential): void {
    const { records, clock, alerts, logger } = this.#options;
    const { connector } = kept;
    const status = statusOf(kept, records, clock.now());
    const { endsAt, kind } = status;
    if (endsAt === undefined || (kind !== 'secret' && kind !== 'certificate')) return;
    const mark = credentialMarkOf(endsAt, clock.now());
    const { warned } = this.#record(kept);
    if (mark === undefined || (warned?.endsAt === endsAt && warned.mark <= mark)) return;
    records.change(connector, (record) => ({ ...record, warned: { endsAt, mark } }));
    this.#note({ at: clock.now(), connector, step: 'warned', endsAt, why: markText(mark), by: 'itself' });
    logger.warn(
      { connector, endsAt: new Date(endsAt).toISOString(), mark },
      'The credential of a connector ends soon.',
    );
    alerts.raise({
      kind: 'credential-ends',
      connector,
      credential: kind === 'secret' ? 'client secret' : 'certificate',
      endsAt,
      mark,
      renewsItself: status.renewsAt !== undefined,
    });
  }

  #noteEvent(connector: string, event: RenewalEvent, by: RenewalEntry['by']): void {
    const at = this.#options.clock.now();
    const note = (step: RenewalEntry['step'], more: { endsAt?: number; why?: string } = {}) =>
      this.#note({ at, connector, step, by, ...more });
    switch (event.kind) {
      case 'made':
        return note('made', { endsAt: event.endsAt });
      case 'proven':
      case 'switched':
      case 'taken-back':
        return note(event.kind);
      case 'policy':
      case 'not-proven-yet':
      case 'removed':
      case 'kept-old':
        return undefined;
    }
  }

  #note(entry: RenewalEntry): void {
    this.#options.history.add(entry);
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#stopping;
    return new Promise((resolve, reject) => {
      const stop = () => {
        cancel();
        reject(new Error('Mailroom is stopping.'));
      };
      const cancel = this.#options.clock.after(ms, () => {
        signal.removeEventListener('abort', stop);
        resolve();
      });
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
    });
  }
}

function keyIdOfLabel(
  { kind, label }: { readonly kind: CredentialKind; readonly label: string },
  application: DirectoryApplication,
): string | undefined {
  return kind === 'secret'
    ? application.passwordCredentials.find(({ displayName }) => displayName === label)?.keyId
    : keyIdOf({ kind, certificatePem: label }, application);
}

function withoutFailing({ failing: _failing, ...record }: CredentialRecord): CredentialRecord {
  return record;
}

function markText(mark: CredentialMark): string {
  return mark === 0 ? 'It has ended.' : `${mark} days or fewer are left.`;
}
