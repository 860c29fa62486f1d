/**
 * From an access policy to RBAC for Applications under the delays that Microsoft documents, while a message a minute goes
 * out: none is refused, and no forbidden mailbox is open at any minute.
 */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent } from 'undici';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PracticeApp } from '../../practice-tenant/practice-app.ts';
import { type PracticeTenant, startPracticeTenant } from '../../practice-tenant/tenant.ts';
import { consentInEntra } from '../../src/assistant/consent-in-entra.ts';
import { proveByGraph } from '../../src/assistant/graph-proof.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { MicrosoftConnectorConfig } from '../../src/config/schema.ts';
import {
  exchangePowerShell,
  graphCommandLineTools,
  signInAsAdministrator,
} from '../../src/microsoft/administrator-sign-in.ts';
import { exchange } from '../../src/microsoft/exchange.ts';
import { CmdletRefusal, ExchangeAdminClient } from '../../src/microsoft/exchange-admin-client.ts';
import type { TokenSource } from '../../src/microsoft/token-source.ts';
import { accessPolicyPlan } from '../../src/setup/limit/access-policy-plan.ts';
import {
  type MigrationParts,
  type MigrationRecord,
  migrateLimit,
  undoMigration,
} from '../../src/setup/limit/migrate-limit.ts';
import { type RbacWishes, rbacPlan } from '../../src/setup/limit/rbac-plan.ts';
import { applyPlan, type Cmdlets } from '../../src/setup/limit/run-plan.ts';
import { personWithBrowser } from '../harness/person-with-browser.ts';
import { type TemporaryFolder, temporaryFolder } from '../harness/temporary-folder.ts';
import { tenantTokens } from '../harness/tenant-tokens.ts';

const sender = 'noreply@contoso.example';
const ceo = 'ceo@contoso.example';
const admin = 'admin@contoso.example';
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

let tenant: PracticeTenant;
let app: PracticeApp;
let connections: Agent;
let folder: TemporaryFolder;
let connector: MicrosoftConnectorConfig;
let parts: MigrationParts;
let record: MigrationRecord;
/** Refusals that messages met, and minutes at which a forbidden mailbox was open. */
let refused: string[];
let open: number[];
let sentMinutes: number;
/** Minutes between two messages: the long story has one each minute, the others save time. */
let every: number;
let tokens: TokenSource;
let wishes: RbacWishes;
let graphToken: () => Promise<string>;
/** Large mail goes by drafts: one is made each minute too, and may be made in no other mailbox. */
let makesDrafts: boolean;

async function tokenFor(clientId: string, scopes: readonly string[]): Promise<string> {
  await using person = await personWithBrowser(tenant, admin);
  let entered: Promise<unknown> = Promise.resolve();
  const { token } = await signInAsAdministrator({
    login: tenant.origin,
    tenant: tenant.tenantId,
    clientId,
    scopes,
    connections,
    now: Date.now,
    show: ({ url, code }) => {
      entered = person.enterCode(url, code);
    },
  });
  await entered;
  return token;
}

async function post(mailbox: string, token: string, what: 'sendMail' | 'messages' = 'sendMail'): Promise<number> {
  const message = {
    subject: 'every minute',
    body: { contentType: 'Text', content: 'x' },
    toRecipients: [{ emailAddress: { address: sender } }],
  };
  const exchanged = await exchange(connections, {
    origin: tenant.origin,
    path: `/v1.0/users/${mailbox}/${what}`,
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: {
      kind: 'whole',
      bytes: Buffer.from(JSON.stringify(what === 'messages' ? message : { message, saveToSentItems: false })),
    },
    deadlines: { uploadMs: 10_000, answerMs: 10_000 },
  });
  return exchanged.kind === 'answered' ? exchanged.answer.status : 0;
}

/** A minute of the tenant goes by, and a message goes out in it. */
async function minute(): Promise<void> {
  tenant.clock.advance(minuteMs);
  sentMinutes += 1;
  if (sentMinutes % every !== 0) return;
  const token = await tokens.token();
  const status = await post(sender, token);
  if (status !== 202) refused.push(`minute ${sentMinutes}: ${status}`);
  if ((await post(ceo, token)) === 202) open.push(sentMinutes);
  if (!makesDrafts) return;
  const draft = await post(sender, token, 'messages');
  if (draft !== 201) refused.push(`minute ${sentMinutes}: draft ${draft}`);
  if ((await post(ceo, token, 'messages')) === 201) open.push(sentMinutes);
}

beforeEach(async () => {
  tenant = await startPracticeTenant({ users: [sender, ceo], limits: { deviceCodeIntervalSeconds: 1 } });
  tenant.addUser(admin, { hasMailbox: false, directoryRoles: ['Global Administrator'] });
  connections = new Agent({ connect: { ca: tenant.caPem } });
  folder = await temporaryFolder();
  const made = tenant.addApp();
  app = made.app;
  writeFileSync(join(folder.path, 'ca.pem'), tenant.caPem);
  const file = join(folder.path, 'mailroom.yaml');
  const entry = {
    cloud: { custom: { login: tenant.origin, graph: tenant.origin } },
    caFile: join(folder.path, 'ca.pem'),
    oauthClientId: app.clientId,
    tenantId: tenant.tenantId,
    userName: sender,
    secret: made.secret,
  };
  const loaded = loadConfig({
    file,
    env: {},
    hostname: 'h',
    readFile: () => JSON.stringify({ dataDir: folder.path, connectors: [entry] }),
  });
  if (!loaded.ok) throw new Error(loaded.problems.map(({ sentence }) => sentence).join());
  const [found] = loaded.config.connectors;
  if (!found || found.kind === 'smtp') throw new Error('no connector');
  connector = found;
  [refused, open, sentMinutes, every, record, makesDrafts] = [[], [], 0, 10, {}, false];
  const now = () => tenant.clock.now();
  tokens = tenantTokens(tenant, app.clientId, made.secret, connections, { resource: tenant.origin, now });
  // An administrator's token lasts an hour; whoever comes back later signs in again.
  const anew = <T>(make: () => Promise<T>) => {
    let held: { readonly at: number; readonly value: T } | undefined;
    return async (): Promise<T> => {
      if (!held || now() - held.at > hourMs / 2) held = { at: now(), value: await make() };
      return held.value;
    };
  };
  const exchangeAdmin = anew(
    async () =>
      new ExchangeAdminClient({
        exchange: tenant.origin,
        tenantId: tenant.tenantId,
        caller: { kind: 'person', account: admin },
        token: await tokenFor(exchangePowerShell, ['https://outlook.office365.com/AdminApi.AccessAsUser.All']),
        connections,
        newId: randomUUID,
      }),
  );
  const scopes = ['AppRoleAssignment.ReadWrite.All', 'Application.Read.All'].map(
    (scope) => `${tenant.origin}/${scope}`,
  );
  graphToken = anew(() => tokenFor(graphCommandLineTools, scopes));
  const cmdlets: Cmdlets = { run: async (name, parameters) => (await exchangeAdmin()).run(name, parameters) };
  wishes = {
    clientId: app.clientId,
    servicePrincipalId: app.servicePrincipalId,
    applicationName: 'Mailroom',
    mailboxes: [sender],
    forbidden: ceo,
    group: { name: 'Mailroom senders', address: 'mailroom-senders@contoso.example', owners: [] },
  };
  const isNotFound = (error: unknown) => error instanceof CmdletRefusal && error.status === 404;
  const planParts = {
    cmdlets,
    isNotFound,
    pause: async (ms: number) => {
      for (let gone = 0; gone < ms; gone += minuteMs) await minute();
    },
  };
  parts = {
    clientId: app.clientId,
    role: rbacPlan(wishes),
    exchange: planParts,
    consent: consentInEntra(connector, graphToken),
    prove: () => proveByGraph(connector, [sender], ceo, now),
    record: {
      read: () => record,
      write: (next) => {
        record = next;
      },
    },
    now,
    settleMs: 2 * hourMs,
    waitMs: 5 * hourMs,
    told: () => undefined,
  };
  // Where it comes from: the manual's way, in force for a day.
  await applyPlan(
    accessPolicyPlan(wishes),
    { ...planParts, pause: (ms) => Promise.resolve(void tenant.clock.advance(ms)) },
    () => undefined,
  );
  tenant.clock.advance(24 * hourMs);
});
afterEach(async () => {
  await connections.close();
  await folder[Symbol.asyncDispose]();
  await tenant.close();
});

const standingPolicies = () =>
  tenant.directory.state.exchange.accessPolicies.filter(({ removedAt }) => removedAt === null);
const standingRoles = () =>
  tenant.directory.state.exchange.roleAssignments.filter(({ removedAt }) => removedAt === null);

describe('a limit that moves from an access policy to RBAC for Applications', () => {
  test('leaves-no-minute-without-mail-and-none-with-too-much-of-it', async () => {
    every = 1;
    expect(await migrateLimit(parts)).toEqual({ kind: 'done' });
    for (let more = 0; more < 60; more += 1) await minute();
    expect(sentMinutes).toBeGreaterThan(200);
    expect(refused).toEqual([]);
    expect(open).toEqual([]);
    expect(standingPolicies()).toEqual([]);
    expect(standingRoles()).toHaveLength(1);
    expect(await parts.consent.given()).toEqual([]);
  });

  test('takes-the-permission-for-drafts-with-it, which would reach every mailbox beside the roles', async () => {
    makesDrafts = true;
    if (connector.kind !== 'graph') expect.fail();
    connector = { ...connector, largeMessages: 'upload' };
    app.grant('Mail.ReadWrite');
    tenant.clock.advance(2 * hourMs);
    const role = rbacPlan({ ...wishes, keepsDrafts: true });
    parts = { ...parts, role, consent: consentInEntra(connector, graphToken) };
    expect(await parts.consent.given()).toEqual(['Mail.Send', 'Mail.ReadWrite']);
    expect(await migrateLimit(parts)).toEqual({ kind: 'done' });
    expect(record.withdrawnRoles).toEqual(['Mail.Send', 'Mail.ReadWrite']);
    expect(await parts.consent.given()).toEqual([]);
    expect(standingRoles().map(({ role: name }) => name)).toEqual([
      'Application Mail.Send',
      'Application Mail.ReadWrite',
    ]);
    expect({ refused, open }).toEqual({ refused: [], open: [] });
    await undoMigration(parts);
    for (let gone = 0; gone < 60; gone += 1) await minute();
    expect(await parts.consent.given()).toEqual(['Mail.Send', 'Mail.ReadWrite']);
    expect(standingRoles()).toEqual([]);
    expect({ refused, open, record }).toEqual({ refused: [], open: [], record: {} });
  });

  test('nobody-who-may-send-today-is-left-behind: a mailbox that only the policy reaches stops it before anything changes', async () => {
    const alerts = 'alerts@contoso.example';
    tenant.addUser(alerts);
    const { state } = tenant.directory;
    const [policyGroup] = state.groups;
    const inner = 'inner@contoso.example';
    const cmdlets = parts.exchange.cmdlets;
    await cmdlets.run('New-DistributionGroup', { Name: 'Inner', Type: 'Security', PrimarySmtpAddress: inner });
    tenant.clock.advance(hourMs);
    await cmdlets.run('Add-DistributionGroupMember', { Identity: inner, Member: alerts });
    await cmdlets.run('Add-DistributionGroupMember', { Identity: policyGroup?.mail ?? '', Member: inner });
    tenant.clock.advance(hourMs);
    await expect(migrateLimit(parts)).rejects.toThrow(/Nothing was changed.*use alerts@contoso\.example as well/);
    expect(record).toEqual({});
    expect(standingRoles()).toEqual([]);
    expect(standingPolicies()).toHaveLength(1);
    expect(await parts.consent.given()).toEqual(['Mail.Send']);
  });

  test('what-is-not-right-before-is-not-moved', async () => {
    tenant.setAccessPolicies([]);
    await expect(migrateLimit(parts)).rejects.toThrow(/not right: .*ceo@contoso\.example is allowed as well/);
    expect(standingRoles()).toEqual([]);
    expect(record).toEqual({});
  });

  test('goes-on-where-it-stopped, and does nothing twice', async () => {
    const first = await migrateLimit({ ...parts, waitMs: 0 });
    expect(first.kind).toBe('waiting');
    expect(await parts.consent.given()).toEqual(['Mail.Send']);
    expect(standingPolicies()).toHaveLength(1);
    for (let gone = 0; gone < 125; gone += 1) await minute();
    const second = await migrateLimit({ ...parts, waitMs: 0 });
    expect(second.kind).toBe('waiting');
    expect(await parts.consent.given()).toEqual([]);
    expect(standingPolicies()).toHaveLength(1);
    for (let gone = 0; gone < 100; gone += 1) await minute();
    expect(await migrateLimit({ ...parts, waitMs: 0 })).toEqual({ kind: 'done' });
    expect(await migrateLimit({ ...parts, waitMs: 0 })).toEqual({ kind: 'done' });
    expect(standingRoles()).toHaveLength(1);
    expect(refused).toEqual([]);
  });

  test('is-taken-back-when-graph-does-not-honour-the-role-in-time', async () => {
    // Impatient: Graph takes an hour, and is given none.
    const end = await migrateLimit({ ...parts, settleMs: 0 });
    expect(end).toMatchObject({ kind: 'taken-back', why: expect.stringContaining('does not allow the mailboxes') });
    expect(await parts.consent.given()).toEqual(['Mail.Send']);
    expect(standingPolicies()).toHaveLength(1);
    expect(open).toEqual([]);
  });

  test.each([
    ['once the role is given', 1],
    ['once the consent is withdrawn', 2],
  ])('can-be-undone-%s', async (_when, runs) => {
    for (let run = 0; run < runs; run += 1) {
      expect((await migrateLimit({ ...parts, waitMs: 0 })).kind).toBe('waiting');
      for (let gone = 0; gone < 125; gone += 1) await minute();
    }
    // The second wait is over: only its policy stands between the end and here.
    expect(await parts.consent.given()).toEqual(runs === 1 ? ['Mail.Send'] : []);
    await undoMigration(parts);
    for (let gone = 0; gone < 60; gone += 1) await minute();
    expect({ refused, open, record }).toEqual({ refused: [], open: [], record: {} });
    expect(await parts.consent.given()).toEqual(['Mail.Send']);
    expect(standingPolicies()).toHaveLength(1);
    expect(standingRoles()).toEqual([]);
  });

  test('can-be-undone-from-its-end', async () => {
    await migrateLimit(parts);
    await undoMigration(parts);
    for (let gone = 0; gone < 60; gone += 1) await minute();
    expect(refused).toEqual([]);
    expect(await parts.consent.given()).toEqual(['Mail.Send']);
    expect(standingPolicies()).toHaveLength(1);
    expect(standingRoles()).toEqual([]);
    expect(record).toEqual({});
  });
});
