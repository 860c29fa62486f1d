/** The guided way: the manual's steps one after the other, each with its values and link, and proven before the next. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { z } from 'zod';
import { loadConfig } from '../../config/load.ts';
import type { MicrosoftConnectorConfig } from '../../config/schema.ts';
import { withoutBraces } from '../../microsoft/tenant-name.ts';
import { consentLink } from '../../setup/consent/consent-link.ts';
import { type GuideQuestion, type GuideStep, guideSteps } from '../../setup/guided/guide.ts';
import { readRecord } from '../../setup/record-file.ts';
import { makeFolder } from '../../vault/make-folder.ts';
import { checkConnector } from '../check.ts';
import type { CommandContext } from '../context.ts';
import { CommandError } from '../exit-codes.ts';
import { readConnector, withLargeMessages, writeConnector } from './connector-file.ts';
import { openSecretKeeping, type SecretKeeping } from './secret-keeping.ts';
import { cloudOfOptions, portalsOfOptions, redirectUriOf, type SetupOptions } from './setup-options.ts';

const stateSchema = z.strictObject({
  done: z.array(z.string()),
  answers: z.strictObject({
    userName: z.string().exactOptional(),
    clientId: z.string().exactOptional(),
    tenantId: z.string().exactOptional(),
    secretEndsOn: z.string().exactOptional(),
    forbidden: z.string().exactOptional(),
  }),
});

const questions: Readonly<Record<GuideQuestion, string>> = {
  userName: 'User Name (address of the system account)',
  clientId: 'Application (client) ID',
  tenantId: 'Directory (tenant) ID',
  secret: 'Value of the client secret',
  secretEndsOn: 'Its Expires date (YYYY-MM-DD)',
  forbidden: 'A mailbox that the app must not use (for the proof; empty: skip)',
};

/** Stand in for what is not known yet while one answer is looked at. */
const placeholders = {
  userName: 'noreply@example.com',
  clientId: '00000000-0000-4000-8000-000000000000',
  tenantId: 'example.com',
  secret: 'not known yet',
};

/** Among the steps that are done: the permission was given with Mail.ReadWrite beside it. */
const draftsGranted = 'permission-drafts';

class Guide {
  readonly #context: CommandContext;
  readonly #options: SetupOptions;
  readonly #folder: string;
  readonly #terminal: Interface;
  readonly #lines: AsyncIterator<string>;
  #answers: z.infer<typeof stateSchema>['answers'] = {};
  #done: string[] = [];
  #secret: string | undefined;
  #keeping: SecretKeeping | undefined;
  /** What the link carries; whether consent is there is looked up, so that nobody waits for it to come back. */
  readonly #consentState = randomBytes(18).toString('base64url');

  constructor(context: CommandContext, options: SetupOptions) {
    this.#context = context;
    this.#folder = resolve(options.folder);
    this.#terminal = createInterface({ input: context.stdin });
    this.#lines = this.#terminal[Symbol.asyncIterator]();
    makeFolder(this.#folder);
    const file = this.#stateFile;
    const before = readRecord(
      file,
      stateSchema,
      'Move it away: the guide begins at its first step, and what is set up stays.',
    );
    if (before) ({ answers: this.#answers, done: this.#done } = before);
    this.#options = withLargeMessages(context, options, this.#answers.clientId);
    this.#secret = this.#keptSecret();
  }

  /** As an earlier run has put it away; the connector's file names where. */
  #keptSecret(): string | undefined {
    const file = join(this.#folder, 'connector.yaml');
    if (!existsSync(file)) return undefined;
    const readFile = (path: string) => readFileSync(path, 'utf8');
    const loaded = loadConfig({ file, env: this.#context.env, readFile, hostname: 'localhost' });
    const connector = loaded.ok ? loaded.config.connectors[0] : undefined;
    return connector && 'credential' in connector && connector.credential.kind === 'secret'
      ? connector.credential.secret.reveal()
      : undefined;
  }

  get #keepsDrafts(): boolean {
    return this.#options.largeMessages === 'upload';
  }

  get #stateFile(): string {
    return join(this.#folder, 'guided.json');
  }

  /** Lets go of standard input, which would keep the process alive. */
  close(): void {
    this.#terminal.close();
  }

  async run(): Promise<void> {
    const { out } = this.#context;
    for (const [index, step] of guideSteps.entries()) {
      const heading = `Step ${index + 1} of ${guideSteps.length}: ${step.title}`;
      // Wishes may have grown since: what is to be ticked beside Mail.Send is asked for once more.
      const marks = [step.id, ...(step.id === 'permission' && this.#keepsDrafts ? [draftsGranted] : [])];
      if (marks.every((mark) => this.#done.includes(mark))) {
        out.write(`${heading} (done before)\n`);
        continue;
      }
      out.write(`\n${heading}\n`);
      await this.#step(step);
      this.#done = [...new Set([...this.#done, ...marks])];
      writeFileSync(this.#stateFile, `${JSON.stringify({ done: this.#done, answers: this.#answers })}\n`, {
        mode: 0o600,
      });
    }
    out.write(`\nThe connector stands in ${join(this.#folder, 'connector.yaml')}.\n`);
    if (this.#answers.secretEndsOn)
      out.write(
        `The client secret ends on ${this.#answers.secretEndsOn}: a server warns 30, 14, 7 and 1 days before.\n`,
      );
  }

  async #step(step: GuideStep): Promise<void> {
    const { out } = this.#context;
    const { link, lines } = step.show(this.#answers, this.#place());
    out.write(`  ${link}\n${lines.map((line) => `  ${line}\n`).join('')}`);
    for (const question of step.asks) await this.#ask(question);
    if (this.#secret !== undefined) this.#write();
    if (step.checks.length === 0) return;
    while (!(await this.#holds(step))) {
      out.write('  Mend it and press Enter to look again, or type skip: ');
      if (/^skip$/i.test(await this.#line())) return;
    }
  }

  /** Asks until the answer is one; what is wrong with it is said by the schema of the configuration. */
  async #ask(question: GuideQuestion): Promise<void> {
    const { out } = this.#context;
    for (;;) {
      const known = question === 'secret' ? undefined : this.#answers[question];
      out.write(`  ${questions[question]}${known ? ` [${known}]` : ''}: `);
      const answer = withoutBraces(await this.#line()) || (known ?? '');
      const problem = this.#problemOf(question, answer);
      if (problem === undefined) {
        if (question === 'secret') this.#secret = answer;
        else if (answer !== '') this.#answers = { ...this.#answers, [question]: answer };
        return;
      }
      out.write(`  ${problem}\n`);
    }
  }

  #problemOf(question: GuideQuestion, answer: string): string | undefined {
    if (question === 'secretEndsOn')
      return /^\d{4}-\d\d-\d\d$/.test(answer) && !Number.isNaN(Date.parse(answer))
        ? undefined
        : 'That is no date such as 2028-11-24; the portal shows it in the column Expires.';
    if (question === 'forbidden')
      return answer === '' || /^[^\s@]+@[^\s@]+$/.test(answer)
        ? undefined
        : 'That is no address such as ceo@contoso.com.';
    if (answer === '') return 'That is empty. Paste what the portal shows, and press Enter.';
    try {
      const known = { ...placeholders, [question]: answer };
      const { secret, ...rest } = known;
      readConnector({ ...rest, credential: { kind: 'secret', secret } }, this.#options, this.#folder);
      return undefined;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      return error.message;
    }
  }

  async #holds(step: GuideStep): Promise<boolean> {
    const wishes = {
      send: step.checks.includes('send'),
      forbidden: this.#answers.forbidden ? [this.#answers.forbidden] : [],
      waitMs: 0,
      only: [...step.checks, ...(step.id === 'permission' && this.#keepsDrafts ? ['large-mail-drafts'] : [])],
    };
    const reports = await checkConnector(this.#context.out, this.#connector(), wishes);
    return reports.every(({ state }) => state !== 'fail');
  }

  #draft() {
    const { secret, ...known } = { ...placeholders, ...this.#answers, secret: this.#secret ?? placeholders.secret };
    return { ...known, endsOn: this.#answers.secretEndsOn, credential: { kind: 'secret' as const, secret } };
  }

  #connector(): MicrosoftConnectorConfig {
    return readConnector(this.#draft(), this.#options, this.#folder);
  }

  #write(): void {
    this.#keeping ??= openSecretKeeping(this.#context, this.#options);
    writeConnector(this.#draft(), this.#options, this.#folder, this.#keeping);
  }

  #place() {
    const options = this.#options;
    const { azure, exchangeAdmin } = portalsOfOptions(options);
    const redirectUri = redirectUriOf(options);
    const { clientId, tenantId } = this.#answers;
    const { login, graphResource } = cloudOfOptions(options);
    const link =
      clientId && tenantId
        ? consentLink({ login, tenant: tenantId, clientId, graphResource, redirectUri, state: this.#consentState })
        : undefined;
    return {
      azure,
      exchangeAdmin,
      applicationName: options.name,
      redirectUri,
      consentLink: link,
      keepsDrafts: this.#keepsDrafts,
    };
  }

  async #line(): Promise<string> {
    const next = await this.#lines.next();
    if (next.done) throw new CommandError('bad', 'Stopped. Run it again, and it goes on at this step.');
    return next.value.trim();
  }
}

export async function setUpGuided(context: CommandContext, options: SetupOptions): Promise<void> {
  const guide = new Guide(context, options);
  try {
    await guide.run();
  } finally {
    guide.close();
  }
}
