/**
 * The automatic set-up, as steps. Each says beforehand what it will change, does nothing that was done before, and puts on
 * record what it did, so that a set-up that stopped goes on where it was.
 */
import { catalogueRow } from '../../domain/catalogue.ts';
import { createAppCertificate } from '../../microsoft/app-certificate.ts';
import { allowedDays, sayPolicy } from '../../microsoft/credential-policy.ts';
import { type DirectoryClient, DirectoryError } from '../../microsoft/directory-client.ts';
import type { SetupState } from './setup-state.ts';

export interface SetupWishes {
  readonly applicationName: string;
  /** `AzureADMyOrg` unless said otherwise: the first of the four account types. */
  readonly signInAudience: string;
  /** Where consent comes back to: `<Admin URL>/connectors/SMTP.aspx`. */
  readonly redirectUri: string | undefined;
  readonly credential: 'certificate' | 'secret';
  readonly credentialDays: number;
  /** The app may change its own client secrets: Application.ReadWrite.OwnedBy, and it owns its registration. */
  readonly renewsSecret?: boolean;
  /** Large mail is to leave by drafts and uploads: Mail.ReadWrite. */
  readonly keepsDrafts?: boolean;
}

export interface SetupParts {
  readonly wishes: SetupWishes;
  readonly directory: DirectoryClient;
  readonly now: () => number;
  /** Puts a secret away, and says where. */
  readonly keep: (
    clientId: string,
    name: string,
    content: string,
  ) => { readonly file: string } | { readonly vault: string };
  /** What people should know that was found on the way. */
  readonly told: (sentence: string) => void;
}

export interface SetupStep {
  readonly id: string;
  /** Row of the set-up manual. */
  readonly row: string;
  readonly title: string;
  /** What it is about to change, for people. */
  plan(wishes: SetupWishes): string;
  /** Always, without it. */
  isWanted?(wishes: SetupWishes): boolean;
  isDone(state: SetupState): boolean;
  run(parts: SetupParts, state: SetupState): Promise<SetupState>;
}

export const graphAppId = '00000003-0000-0000-c000-000000000000';
/** Mail.Send as an application permission: "Send mail as any user". */
export const mailSendRoleId = 'b633e1c5-b582-4048-a93e-9f11b44c7e96';
const dayMs = 86_400_000;

function applicationOf(state: SetupState) {
  if (!state.application) throw new Error('The app registration is not on record yet.');
  return state.application;
}

const register: SetupStep = {
  id: 'application',
  row: 'M2',
  title: 'Register the application',
  plan: ({ applicationName, redirectUri }) =>
    `makes an app registration "${applicationName}" for this directory only${redirectUri ? `, redirect URI ${redirectUri}` : ''}`,
  isDone: ({ application }) => application !== undefined,
  async run({ wishes, directory }, state) {
    const { applicationName: displayName, signInAudience, redirectUri } = wishes;
    const made = await directory.createApplication({
      displayName,
      signInAudience,
      ...(redirectUri ? { redirectUri } : {}),
    });
    return { ...state, application: { id: made.id, appId: made.appId } };
  },
};

const enterprise: SetupStep = {
  id: 'service-principal',
  row: 'M2',
  title: 'Make its enterprise application',
  plan: () => 'makes the service principal, which permissions are granted to',
  isDone: ({ servicePrincipalId }) => servicePrincipalId !== undefined,
  async run({ directory }, state) {
    const { appId } = applicationOf(state);
    const found = (await directory.servicePrincipalOf(appId)) ?? (await directory.createServicePrincipal(appId));
    return { ...state, servicePrincipalId: found.id };
  },
};

const credential: SetupStep = {
  id: 'credential',
  row: 'M5',
  title: 'Make its credential',
  plan: ({ credential: kind, credentialDays }) =>
    kind === 'certificate'
      ? `makes a key and a certificate here, good for ${credentialDays} days, and adds the certificate to the app; the key stays on this machine`
      : `makes a client secret, good for ${credentialDays} days, and puts it away; it is not shown`,
  isDone: (state) => state.credential !== undefined,
  async run({ wishes, directory, now, keep, told }, state) {
    const { id, appId } = applicationOf(state);
    const { applicationName } = wishes;
    const policy = await directory.credentialPolicy(await directory.applicationOf(appId));
    if (policy === 'not-told') told('The credential policy of the tenant may not be read by this account.');
    else if (policy) told(sayPolicy(policy));
    const allowed = policy === 'not-told' ? undefined : policy;
    if (allowed && wishes.credential === 'secret' && !allowed.allowsSecrets)
      throw new Error(`${sayPolicy(allowed)} Choose a certificate: --credential certificate.`);
    const credentialDays = allowedDays(wishes.credentialDays, wishes.credential, allowed);
    if (wishes.credential === 'secret') {
      const end = new Date(now() + credentialDays * dayMs).toISOString();
      const made = await directory.addPassword(id, `${applicationName} (made by mailroom setup)`, end);
      const endsAt = Date.parse(made.endDateTime);
      return { ...state, credential: { kind: 'secret', kept: [keep(appId, 'app.secret', made.secretText)], endsAt } };
    }
    const made = await createAppCertificate(applicationName, credentialDays, now());
    // The key first: a certificate in the directory whose key was lost would be worth nothing.
    const kept = [keep(appId, 'app.crt', made.certificatePem), keep(appId, 'app.key', made.privateKeyPem)];
    await directory.addCertificate(id, `CN=${applicationName}`, made.certificatePem);
    return { ...state, credential: { kind: 'certificate', kept, endsAt: made.endsAt } };
  },
};

const permission: SetupStep = {
  id: 'permission',
  row: 'M7',
  title: 'Ask for Mail.Send',
  plan: (wishes) =>
    `lists Microsoft Graph > Application permissions > ${['Mail.Send', ...furtherRoles(wishes)].join(' and ')} in the registration; that grants nothing yet`,
  isDone: ({ roleRequired }) => roleRequired === true,
  async run({ directory, wishes }, state) {
    const also = await Promise.all(furtherRoles(wishes).map((role) => roleIdOf(directory, role)));
    await directory.requireRole(applicationOf(state).id, graphAppId, mailSendRoleId, ...also);
    return { ...state, roleRequired: true };
  },
};

const consent: SetupStep = {
  id: 'consent',
  row: 'M8',
  title: 'Grant admin consent',
  plan: ({ renewsSecret, keepsDrafts }) =>
    [
      `grants Mail.Send${keepsDrafts ? ' and Mail.ReadWrite' : ''} to the app: until it is limited, it covers every mailbox of the organisation`,
      ...(renewsSecret ? ['and Application.ReadWrite.OwnedBy, which reaches its own registration alone'] : []),
    ].join('; '),
  isDone: ({ roleGranted }) => roleGranted === true,
  async run({ directory, wishes }, state) {
    const graph = await directory.servicePrincipalOf(graphAppId);
    if (!graph || !state.servicePrincipalId) throw new Error('The directory has no service principal to grant to.');
    await directory.grantRole(state.servicePrincipalId, graph.id, mailSendRoleId);
    for (const role of furtherRoles(wishes))
      await directory.grantRole(state.servicePrincipalId, graph.id, await roleIdOf(directory, role));
    return { ...state, roleGranted: true };
  },
};

const ownership: SetupStep = {
  id: 'ownership',
  row: 'M6',
  title: 'Let the app renew its own secret',
  plan: () => 'makes the app an owner of its own registration, and of no other',
  isWanted: ({ renewsSecret }) => renewsSecret === true,
  isDone: ({ isOwner }) => isOwner === true,
  async run({ directory }, state) {
    if (!state.servicePrincipalId) throw new Error('The service principal is not on record yet.');
    await directory.addOwner(applicationOf(state).id, state.servicePrincipalId);
    return { ...state, isOwner: true };
  },
};

/** Beside Mail.Send. */
function furtherRoles({ renewsSecret, keepsDrafts }: SetupWishes): readonly string[] {
  return [...(keepsDrafts ? ['Mail.ReadWrite'] : []), ...(renewsSecret ? ['Application.ReadWrite.OwnedBy'] : [])];
}

async function roleIdOf(directory: DirectoryClient, role: string): Promise<string> {
  const graph = await directory.servicePrincipalOf(graphAppId);
  const found = graph?.appRoles.find(({ value }) => value === role);
  if (found) return found.id;
  throw new Error(`Microsoft Graph of this tenant has no permission ${role}.`);
}

export const setupSteps: readonly SetupStep[] = [register, enterprise, credential, permission, consent, ownership];

/** Why a step did not work, and who can do it, in sentences for people. */
export function explainRefusal(step: SetupStep, error: unknown): string {
  const why = error instanceof Error ? error.message : String(error);
  if (error instanceof DirectoryError && error.status === 403)
    return step.id === 'consent'
      ? `This administrator may not grant consent (${why}). A Privileged Role Administrator or Global Administrator can; run mailroom setup again with that account: what is done stays done.`
      : `This account may not do that (${why}). An Application Administrator or Cloud Application Administrator can; run mailroom setup again with that account.`;
  if (error instanceof DirectoryError && error.code?.includes('Policy'))
    return `The tenant's own policy for credentials refuses this (${why}). Choose fewer days (--days), or a certificate.`;
  if (error instanceof DirectoryError && error.status === 0) return `${catalogueRow('no-answer').text} ${why}`;
  return why;
}
