/** Entra knows the app and accepts its credential; the token is for the right service, with what is needed and no more. */
import { decodeJwt } from 'jose';
import { catalogueRow, type FaultCode } from '../../domain/catalogue.ts';
import { classifyToken } from '../../egress/classify.ts';
import { registrationLinks } from '../../microsoft/portals.ts';
import { TokenError, type TokenRefusal } from '../../microsoft/token-error.ts';
import { TokenSource } from '../../microsoft/token-source.ts';
import type { Check, CheckContext, CheckedConnector, CheckResult } from './check.ts';
import { isAllowed, probe } from './probe-mailbox.ts';

const links = ({ connector }: CheckContext) => registrationLinks(connector.portals.azure, connector.clientId);

/** What tokens of this kind of connector are for. */
function resourceOf({ kind, cloud }: CheckedConnector): string {
  return kind === 'graph' ? cloud.graphResource : cloud.exchange;
}

/** Asks Entra once; the token or the refusal is kept for the checks behind. */
async function askForToken({ connector, connections, now, findings }: CheckContext): Promise<void> {
  const { cloud, tenantId: tenant, clientId, credential } = connector;
  const resource = resourceOf(connector);
  const source = new TokenSource({ login: cloud.login, resource, tenant, clientId, credential, connections, now });
  try {
    findings.token = await source.token();
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    findings.refusal = error.refusal;
  }
}

function faultOf(refusal: TokenRefusal): FaultCode {
  const verdict = classifyToken(refusal);
  return verdict.outcome === 'sent' ? 'token-unlisted' : verdict.fault;
}

/** What Entra says too of an app, a secret or a certificate that was made a moment ago; and for how long it may. */
const knownLate: readonly FaultCode[] = ['app-unknown', 'credential-wrong', 'certificate-refused'];
const knownWithinMs = 300_000;

/** Why Entra gives no token, and what to do. */
export function refused(refusal: TokenRefusal): CheckResult {
  const verdict = classifyToken(refusal);
  const { text, remedy } = catalogueRow(faultOf(refusal));
  const trace = refusal.traceId === undefined ? '' : ` (trace ID ${refusal.traceId})`;
  const isOfTheMoment = verdict.outcome === 'deferred' && verdict.scope === 'lane';
  const mayBeNew = knownLate.includes(faultOf(refusal));
  return {
    state: isOfTheMoment ? 'unknown' : 'fail',
    ...(mayBeNew ? { comesWithinMs: knownWithinMs } : {}),
    evidence: [text, `${refusal.status} ${refusal.error ?? ''} ${refusal.description}${trace}`],
    remedy: mayBeNew ? `${remedy} What was made just now is known everywhere within five minutes (--wait).` : remedy,
  };
}

export const appCheck: Check = {
  id: 'app',
  statement: 'The tenant knows the app, and it is switched on.',
  row: 'M2',
  needs: ['hosts', 'clock', 'tenant'],
  link: (context) => links(context).overview,
  async run(context): Promise<CheckResult> {
    await askForToken(context);
    const { refusal } = context.findings;
    if (refusal === undefined)
      return { state: 'pass', evidence: [`Entra gave the app ${context.connector.clientId} a token.`] };
    const fault = faultOf(refusal);
    if (fault === 'app-unknown' || fault === 'app-disabled') return refused(refusal);
    return { state: 'pass', evidence: ['Entra has refused a token, and not for the app: see the next check.'] };
  },
};

export const credentialCheck: Check = {
  id: 'credential',
  statement: 'Entra accepts the app and its credential.',
  row: 'M5',
  needs: ['hosts', 'clock', 'tenant', 'app'],
  link: (context) => links(context).credentials,
  async run(context): Promise<CheckResult> {
    const { findings, connector } = context;
    // Where only this check is run, nobody has asked before.
    if (findings.token === undefined && findings.refusal === undefined) await askForToken(context);
    if (findings.refusal !== undefined) return refused(findings.refusal);
    return { state: 'pass', evidence: [`Entra gave a token for ${resourceOf(connector)}.`] };
  },
};

/** By kind: the role in Entra that the sending needs, and the role of Exchange that takes its place. */
const neededRoles = {
  graph: { entra: 'Mail.Send', exchange: 'Application Mail.Send' },
  'smtp-oauth': { entra: 'SMTP.SendAsApp', exchange: 'Application SMTP.SendAsApp' },
} as const;

export const rolesCheck: Check = {
  id: 'roles',
  statement: 'The token is for the right service and carries the permission to send.',
  row: 'M7',
  needs: ['credential'],
  link: (context) => links(context).permissions,
  async run(context): Promise<CheckResult> {
    const { connector, findings } = context;
    const { roles: claim, aud, oid } = decodeJwt(findings.token ?? '');
    const roles = Array.isArray(claim) ? claim.filter((role) => typeof role === 'string') : [];
    findings.roles = roles;
    if (typeof oid === 'string') findings.servicePrincipalId = oid;
    const { entra, exchange } = neededRoles[connector.kind];
    const evidence = [`Audience ${[aud].flat().join(', ') || 'none'}; app roles: ${roles.join(', ') || 'none'}.`];
    if (roles.includes(entra)) return { state: 'pass', evidence };
    // No fault by itself: RBAC for Applications needs none. What the mailbox answers decides.
    if (connector.kind === 'graph' && isAllowed(await probe(context, connector.userName)))
      return {
        state: 'pass',
        evidence: [...evidence, `Exchange grants ${exchange} (RBAC for Applications): Graph allows it.`],
      };
    return {
      state: 'warn',
      evidence: [
        ...evidence,
        'That is right where Exchange grants the role (RBAC for Applications), and wrong otherwise.',
      ],
      remedy: `If the mailbox cannot be used: grant admin consent for ${entra}, or assign the role ${exchange} in Exchange (mailroom policy plan).`,
    };
  },
};

export const surplusCheck: Check = {
  id: 'surplus-permissions',
  statement: 'The app has no permission that Mailroom does not need.',
  row: 'M7',
  needs: ['credential'],
  link: (context) => links(context).permissions,
  run({ connector, findings }): Promise<CheckResult> {
    // Mail.ReadWrite lets read as well.
    const reading = connector.largeMailByUpload ? ['Mail.ReadWrite'] : connector.readsSentItems ? ['Mail.Read'] : [];
    const needed: string[] = [neededRoles[connector.kind].entra, ...reading];
    // With it the app renews its own secret, where it owns its registration; it reaches no other app.
    const useful = connector.renewsItself ? ['Application.ReadWrite.OwnedBy'] : [];
    const surplus = (findings.roles ?? []).filter((role) => !needed.includes(role) && !useful.includes(role));
    const evidence = [`Needed: ${needed.join(', ')}; beyond it: ${surplus.join(', ') || 'nothing'}.`];
    if (surplus.length === 0) return Promise.resolve({ state: 'pass', evidence });
    return Promise.resolve({
      state: 'warn',
      evidence,
      remedy: `Entra admin centre → App registrations → the app → API permissions: remove ${surplus.join(', ')}.`,
    });
  },
};
