/**
 * The automatic set-up, as steps. Each says beforehand what it will change, does nothing that was done before, and puts on
 * record what it did, so that a set-up that stopped goes on where it was.
 */
import { catalogueRow } from '../../domain/catalogue.ts';
import { createAppCertificate } from '../../microsoft/app-certificate.ts';
import { allowedDays, sayPolicy } from '../../microsoft/credential-policy.ts';
import { type DirectoryClient, DirectoryError } from '../../microsoft/directory-client.ts';
import { appRoleId, graphAppId, graphOf, refuseBesideRole } from './app-roles.ts';
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
  plan(wishes: SetupWishes, state: SetupState | undefined): string;
  /** Always, without it. */
  isWanted?(wishes: SetupWishes): boolean;
  isDone(state: SetupState, wishes: SetupWishes): boolean;
  run(parts: SetupParts, state: SetupState): Promise<SetupState>;
}

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
  plan: (wishes, state) =>
    `lists Microsoft Graph > Application permissions > ${missingRoles(wishes, state?.roleRequired, state?.furtherRequired).join(' and ')} in the registration; that grants nothing yet`,
  isDone: ({ roleRequired, furtherRequired }, wishes) =>
    missingRoles(wishes, roleRequired, furtherRequired).length === 0,
  async run({ directory, wishes }, state) {
    const graph = await graphOf(directory);
    const missing = missingRoles(wishes, state.roleRequired, state.furtherRequired);
    if (state.roleGranted && state.servicePrincipalId && missing.includes('Mail.ReadWrite'))
      await refuseBesideRole(directory, state.servicePrincipalId, graph);
    await directory.requireRole(applicationOf(state).id, graphAppId, ...missing.map((role) => appRoleId(graph, role)));
    return { ...state, roleRequired: true, furtherRequired: [...furtherRoles(wishes)] };
  },
};

const consent: SetupStep = {
  id: 'consent',
  row: 'M8',
  title: 'Grant admin consent',
  plan(wishes, state) {
    const missing = missingRoles(wishes, state?.roleGranted, state?.furtherGranted);
    const wide = missing.filter((role) => role !== ownedRole).join(' and ');
    return [
      ...(wide ? [`grants ${wide} to the app: until it is limited, it covers every mailbox of the organisation`] : []),
      ...(missing.includes(ownedRole) ? [`grants ${ownedRole}, which reaches its own registration alone`] : []),
    ].join('; ');
  },
  isDone: ({ roleGranted, furtherGranted }, wishes) => missingRoles(wishes, roleGranted, furtherGranted).length === 0,
  async run({ directory, wishes }, state) {
    if (!state.servicePrincipalId) throw new Error('The service principal is not on record yet.');
    const graph = await graphOf(directory);
    for (const role of missingRoles(wishes, state.roleGranted, state.furtherGranted))
      await directory.grantRole(state.servicePrincipalId, graph.id, appRoleId(graph, role));
    return { ...state, roleGranted: true, furtherGranted: [...furtherRoles(wishes)] };
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

const ownedRole = 'Application.ReadWrite.OwnedBy';

/** Beside Mail.Send. */
function furtherRoles({ renewsSecret, keepsDrafts }: SetupWishes): readonly string[] {
  return [...(keepsDrafts ? ['Mail.ReadWrite'] : []), ...(renewsSecret ? [ownedRole] : [])];
}

/** Wishes may have grown since a set-up was done: what it lacks is made up for. */
function missingRoles(
  wishes: SetupWishes,
  hasFirst: boolean | undefined,
  further: readonly string[] | undefined,
): string[] {
  return [
    ...(hasFirst ? [] : ['Mail.Send']),
    ...furtherRoles(wishes).filter((role) => further?.includes(role) !== true),
  ];
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
