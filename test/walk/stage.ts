/**
 * The stage of a broken set-up: a practice tenant and a connector that is right, for a case to break in one or two places,
 * and `mailroom check` run on what came out of it.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Fault } from '../../practice-tenant/faults/fault.ts';
import type { PracticeApp } from '../../practice-tenant/practice-app.ts';
import { type PracticeTenant, startPracticeTenant } from '../../practice-tenant/tenant.ts';
import type { CheckReport } from '../../src/setup/checks/run-checks.ts';
import { startSmartHost } from '../alerts/smart-host.ts';
import { personWithBrowser } from '../harness/person-with-browser.ts';
import { startRefusingProxy } from '../harness/refusing-proxy.ts';
import { runProduct, runWithSignIn } from '../harness/run-product.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';

export const systemAccount = 'noreply@contoso.example';
/** Another mailbox that a limit may let in. */
export const secondAccount = 'alerts@contoso.example';
const admin = 'admin@contoso.example';
export const ceo = 'ceo@contoso.example';
export const unlicensed = 'unlicensed@contoso.example';

export interface Stage {
  readonly tenant: PracticeTenant;
  readonly app: PracticeApp;
  readonly secret: string;
  /** The connector as it goes into the configuration; a case may change it. */
  readonly connector: Record<string, unknown>;
  readonly dataDir: string;
  /** Words after `mailroom check`. */
  readonly arguments: string[];
  /** A fault for as many requests as come. */
  fault(fault: Fault): void;
  /** Writes a file and returns its path. */
  file(name: string, content: string): string;
  /** Starts a smart host without TLS that takes one login, and returns its port. */
  smartHost(login: string, password: string): Promise<number>;
  /** Starts a proxy that answers this to everything, and returns its URL. */
  proxy(status: number): Promise<string>;
}

export interface BrokenSetup {
  /** Stable name, a symptom. */
  readonly id: string;
  readonly what: string;
  /** One of the many pairs, which the page has in a table of their own. */
  readonly isPair?: true;
  /** The check that says it first. */
  readonly first: string;
  /** Found in what it says to do. */
  readonly remedy: RegExp;
  arrange(stage: Stage): void | Promise<void>;
}

export interface BrokenResult {
  readonly setup: BrokenSetup;
  readonly isRight: boolean;
  readonly first: CheckReport | undefined;
  readonly status: number;
}

/** One tenant for all cases; each has an app of its own. */
export async function openStage(): Promise<{
  play(setup: BrokenSetup): Promise<BrokenResult>;
  close(): Promise<void>;
}> {
  const tenant = await startPracticeTenant({ profile: 'unlimited', users: [secondAccount, ceo], smtpPort: 0 });
  tenant.addUser(systemAccount, { aliases: ['alias@contoso.example'] });
  tenant.addUser(admin, { hasMailbox: false, directoryRoles: ['Global Administrator'] });
  const person = await personWithBrowser(tenant, admin);
  const untouched = structuredClone(tenant.directory.state.defaultAppManagementPolicy);
  tenant.addUser(unlicensed, { hasMailbox: false });
  return {
    async play(setup) {
      await using folder = await temporaryFolder();
      tenant.clearFaults();
      tenant.setAccessPolicies([]);
      tenant.setRoleAssignments([]);
      const { state } = tenant.directory;
      state.defaultAppManagementPolicy = structuredClone(untouched);
      state.exchange.servicePrincipals.length = 0;
      const account = tenant.directory.user(systemAccount);
      if (account)
        Object.assign(account, { displayName: 'No reply', smtpClientAuthenticationDisabled: null, maxSendBytes: null });
      const file = (name: string, content: string) => {
        writeFileSync(join(folder.path, name), content, { mode: 0o600 });
        return join(folder.path, name);
      };
      const { app, secret } = tenant.addApp();
      const connector: Record<string, unknown> = {
        name: 'default',
        cloud: { custom: { login: tenant.origin, graph: tenant.origin } },
        caFile: file('ca.pem', tenant.caPem),
        oauthClientId: app.clientId,
        tenantId: tenant.tenantId,
        userName: systemAccount,
        secret,
      };
      const words: string[] = [];
      const dataDir = join(folder.path, 'data');
      const fault = (wish: Fault) => tenant.enqueueFault({ times: 1000, ...wish });
      await using proxies = new AsyncDisposableStack();
      const proxy = async (status: number) => proxies.use(await startRefusingProxy(status)).url;
      const smartHost = async (login: string, password: string) =>
        proxies.use(await startSmartHost({ login, password })).port;
      await setup.arrange({ tenant, app, secret, connector, arguments: words, dataDir, fault, file, proxy, smartHost });
      const config = { dataDir, connectors: [connector] };
      const configFile = file('mailroom.yaml', stringify(config));
      const command = ['check', '--json', '--config', configFile, ...words];
      const signsIn = words.includes('--sign-in');
      const { status, stdout, stderr } = await (signsIn ? runWithSignIn(command, person) : runProduct(command));
      if (stderr !== '' && !signsIn) throw new Error(`${setup.id}: ${stderr}`);
      if (stdout.includes(secret)) throw new Error(`${setup.id}: the secret is in the output`);
      const [report]: { checks: CheckReport[] }[] = JSON.parse(stdout);
      const checks = report?.checks ?? [];
      const first = checks.find(({ state }) => state === 'fail') ?? checks.find(({ state }) => state === 'warn');
      const isRight = first?.id === setup.first && setup.remedy.test(first.remedy ?? '');
      return { setup, isRight, first, status };
    },
    async close() {
      await person[Symbol.asyncDispose]();
      await tenant.close();
    },
  };
}
