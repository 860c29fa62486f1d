/** Sets Microsoft 365 up for a running server: what the console's administrator asks for, over the same steps as the command line. */
import { randomBytes, randomUUID } from 'node:crypto';
import type {
  Assistant,
  GuideStepOrder,
  GuideView,
  ImportOrder,
  ImportView,
  JobOrder,
  JobView,
  LimitView,
  MadeView,
  MigrationView,
  SignInWish,
} from '../admin/http/assistant-port.ts';
import type { SettingsDesk } from '../admin/http/settings-port.ts';
import type { Config, MicrosoftConnectorConfig } from '../config/schema.ts';
import { cloudOf } from '../connectors.ts';
import { FaultError } from '../domain/catalogue.ts';
import type { Clock, Logger } from '../domain/ports.ts';
import { ConsentStates, readConsentAnswer } from '../setup/consent/consent-callback.ts';
import { consentLink } from '../setup/consent/consent-link.ts';
import type { CredentialKeeper } from '../setup/renewal/credential-keeper.ts';
import type { Vault } from '../vault/vault.ts';
import type { SignInParts } from './administrator.ts';
import { runAutomatic } from './automatic-job.ts';
import { runGrant } from './grant-job.ts';
import { type GuideParts, guideView, passStep } from './guide.ts';
import { importView } from './import-view.ts';
import { Jobs, type JobTold } from './jobs.ts';
import { limitView, planFor, runLimit } from './limit-job.ts';
import { migrationView, runMigration } from './migrate-job.ts';
import { isGranted } from './registration.ts';
import { runRenewal } from './renewal-job.ts';
import { SignIns } from './sign-ins.ts';
import { madeView, runUndo, type UndoParts } from './undo-job.ts';

export interface AssistantParts {
  readonly current: () => Config;
  readonly desk: SettingsDesk | undefined;
  readonly vault: Vault;
  readonly credentials: Pick<CredentialKeeper, 'renewNow' | 'look'>;
  /** Mail that waited for the grant goes. */
  readonly resume: (connector: string, detail: string) => Promise<unknown>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long a consent link may lie about before it is opened, ms. */
const linkLivesMs = 7 * 24 * 3_600_000;
/** A grant takes Entra up to some minutes; looked for so often, ms. */
const lookEveryMs = 15_000;
const looks = 40;

export function createAssistant(parts: AssistantParts): Assistant & { close(): Promise<void> } {
  return new ServerAssistant(parts);
}

class ServerAssistant implements Assistant {
  readonly #parts: AssistantParts;
  readonly #jobs: Jobs;
  readonly #states: ConsentStates;
  readonly #signIns: SignIns;
  readonly #waitingFor = new Map<string, () => void>();

  constructor(parts: AssistantParts) {
    this.#parts = parts;
    this.#jobs = new Jobs(parts.clock, parts.logger, randomUUID);
    this.#signIns = new SignIns(parts.clock);
    this.#states = new ConsentStates(
      () => parts.clock.now(),
      () => randomBytes(24).toString('base64url'),
    );
  }

  begin(order: JobOrder, by: string): JobView {
    // Refused at once, and not by a job that ends a moment later.
    if (order.kind === 'undo') this.made(order.connector);
    else if (order.kind !== 'automatic') this.#connector(order.connector);
    return this.#jobs.begin(order, by, (told) => this.#work(order, told));
  }

  job(id: string): JobView | undefined {
    return this.#jobs.get(id);
  }

  jobs(): readonly JobView[] {
    return this.#jobs.all();
  }

  stop(id: string): void {
    this.#jobs.stop(id);
  }

  watch(id: string, told: (job: JobView) => void): () => void {
    return this.#jobs.watch(id, told);
  }

  answer(id: string, yes: boolean): boolean {
    return this.#jobs.answer(id, yes);
  }

  importView(order: ImportOrder): ImportView {
    return importView(order);
  }

  made(name: string): MadeView {
    return madeView(name, this.#undoParts(name));
  }

  guide(name: string, cloud: string): GuideView {
    return guideView(name, this.#guideParts(name), cloud);
  }

  passStep(order: GuideStepOrder): Promise<boolean> {
    return passStep(order, this.#guideParts(order.connector));
  }

  migration(name: string): MigrationView {
    return migrationView(this.#parts.current().dataDir, this.#connector(name).name);
  }

  signedIn(query: URLSearchParams): string | undefined {
    return this.#signIns.take(query);
  }

  async limit(order: Parameters<Assistant['limit']>[0]): Promise<LimitView> {
    const connector = this.#connector(order.connector);
    return limitView(await planFor(connector, order), connector);
  }

  consentLink(name: string, redirectUri: string): string {
    const connector = this.#connector(name);
    const { login, graphResource } = cloudOf(connector);
    const state = this.#states.give(linkLivesMs);
    this.#lookForGrant(name, looks);
    const { tenantId: tenant, oauthClientId: clientId } = connector;
    return consentLink({ login, tenant, clientId, graphResource, redirectUri, state });
  }

  isGranted(name: string): Promise<boolean> {
    return isGranted(this.#connector(name));
  }

  async consented(query: URLSearchParams): Promise<string> {
    const answer = readConsentAnswer(query, this.#states);
    if (answer.kind !== 'granted') return answer.sentence;
    // Whose link it was stands in no address: every connector that waits is looked at.
    for (const name of this.#waitingFor.keys()) this.#lookForGrant(name, looks, 0);
    return 'Thank you. Mailroom now looks whether the consent has arrived; mail that waits goes out by itself then. You can close this window.';
  }

  async close(): Promise<void> {
    for (const cancel of this.#waitingFor.values()) cancel();
    await this.#jobs.close();
  }

  /** Looks by a new token until the grant shows, and lets the mail go then. */
  #lookForGrant(name: string, left: number, inMs = lookEveryMs): void {
    const { clock, logger, resume } = this.#parts;
    this.#waitingFor.get(name)?.();
    if (left === 0) {
      this.#waitingFor.delete(name);
      return;
    }
    const look = async () => {
      const isThere = await this.isGranted(name).catch(() => false);
      if (!isThere) return this.#lookForGrant(name, left - 1);
      this.#waitingFor.delete(name);
      await resume(name, 'The consent has arrived.');
      logger.info({ connector: name }, 'The consent has arrived.');
    };
    const cancel = clock.after(inMs, () => {
      look().catch((error: unknown) =>
        logger.error({ err: error, connector: name }, 'The grant could not be looked for.'),
      );
    });
    this.#waitingFor.set(name, cancel);
  }

  async #work(order: JobOrder, told: JobTold): Promise<void> {
    switch (order.kind) {
      case 'automatic': {
        const { desk, vault, current } = this.#parts;
        if (!desk) throw new Error('This server keeps no settings of its own.');
        return runAutomatic(order, { desk, vault, dataDir: current().dataDir, signIns: this.#signIns }, told);
      }
      case 'limit':
        return runLimit(this.#connector(order.connector), order, this.#signingIn(order, told));
      case 'migration': {
        const { dataDir } = this.#parts.current();
        return runMigration(this.#connector(order.connector), order, dataDir, this.#signingIn(order, told));
      }
      case 'renewal': {
        const { credentials, desk } = this.#parts;
        const parts = { credentials, desk, signIns: this.#signIns };
        return runRenewal(this.#connector(order.connector), order, parts, told);
      }
      case 'grant':
        return runGrant(this.#connector(order.connector), this.#signingIn(order, told));
      case 'undo':
        return runUndo(order, this.#undoParts(order.connector), this.#signingIn(order, told));
    }
  }

  #undoParts(name: string): UndoParts {
    const { desk, vault, current } = this.#parts;
    if (!desk) throw new FaultError({ code: 'not-found' });
    const { dataDir, connectors } = current();
    const connector = connectors.find((each) => each.name === name);
    return { dataDir, desk, vault, connector: connector?.kind === 'smtp' ? undefined : connector };
  }

  #guideParts(name: string): GuideParts {
    const { dataDir, connectors } = this.#parts.current();
    const connector = connectors.find((each) => each.name === name);
    const item = this.#parts.desk?.items('connectors').find((each) => each.name === name);
    return { dataDir, item, connector: connector?.kind === 'smtp' ? undefined : connector };
  }

  #signingIn({ signIn: wish }: { readonly signIn: SignInWish }, told: JobTold): SignInParts {
    return { signIns: this.#signIns, wish, told };
  }

  /** @throws FaultError `not-found` */
  #connector(name: string): MicrosoftConnectorConfig {
    const found = this.#parts.current().connectors.find((each) => each.name === name);
    if (!found || found.kind === 'smtp') throw new FaultError({ code: 'not-found' });
    return found;
  }
}
