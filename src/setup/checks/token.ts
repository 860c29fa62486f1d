/** The credential gets a token, the token is for Graph, and it carries what is needed and no more. */
import { decodeJwt } from 'jose';
import { catalogueRow } from '../../domain/catalogue.ts';
import { classifyToken } from '../../egress/classify.ts';
import { TokenError } from '../../microsoft/token-error.ts';
import { TokenSource } from '../../microsoft/token-source.ts';
import type { Check, CheckResult } from './check.ts';

export const credentialCheck: Check = {
  id: 'credential',
  statement: 'Entra accepts the app and its credential.',
  row: 'M5',
  needs: ['hosts', 'clock', 'tenant'],
  async run({ connector, connections, now, findings }): Promise<CheckResult> {
    const { cloud, tenantId: tenant, clientId, credential } = connector;
    const source = new TokenSource({
      login: cloud.login,
      resource: cloud.graphResource,
      tenant,
      clientId,
      credential,
      connections,
      now,
    });
    try {
      findings.token = await source.token();
      return { state: 'pass', evidence: [`Entra gave a token for ${cloud.graphResource}.`] };
    } catch (error) {
      if (!(error instanceof TokenError)) throw error;
      const { refusal } = error;
      const verdict = classifyToken(refusal);
      const fault = verdict.outcome === 'sent' ? 'token-unlisted' : verdict.fault;
      const { text, remedy } = catalogueRow(fault);
      const trace = refusal.traceId === undefined ? '' : ` (trace ID ${refusal.traceId})`;
      const isOfTheMoment = verdict.outcome === 'deferred' && verdict.scope === 'lane';
      return {
        state: isOfTheMoment ? 'unknown' : 'fail',
        evidence: [text, `${refusal.status} ${refusal.error ?? ''} ${refusal.description}${trace}`],
        remedy,
      };
    }
  },
};

export const rolesCheck: Check = {
  id: 'roles',
  statement: 'The token carries Mail.Send and nothing that Mailroom does not need.',
  row: 'M7',
  needs: ['credential'],
  run({ connector, findings }): Promise<CheckResult> {
    const { roles: claim } = decodeJwt(findings.token ?? '');
    const roles = Array.isArray(claim) ? claim.filter((role) => typeof role === 'string') : [];
    findings.roles = roles;
    const needed = ['Mail.Send', ...(connector.readsSentItems ? ['Mail.Read'] : [])];
    // With it the app renews its own secret, where it owns its registration; it reaches no other app.
    const useful = connector.renewsItself ? ['Application.ReadWrite.OwnedBy'] : [];
    const surplus = roles.filter((role) => !needed.includes(role) && !useful.includes(role));
    const evidence = [`App roles of the token: ${roles.join(', ') || 'none'}.`];
    if (surplus.length > 0)
      return Promise.resolve({
        state: 'warn',
        evidence,
        remedy: `Entra admin centre → App registrations → the app → API permissions: remove ${surplus.join(', ')}.`,
      });
    if (roles.length > 0) return Promise.resolve({ state: 'pass', evidence });
    // No fault by itself: RBAC for Applications needs none. The mailbox check decides.
    return Promise.resolve({
      state: 'warn',
      evidence: [
        ...evidence,
        'That is right where Exchange grants the role (RBAC for Applications), and wrong otherwise.',
      ],
      remedy:
        'If the next check fails: grant admin consent for Mail.Send, or assign the role Application Mail.Send in Exchange (mailroom policy plan).',
    });
  },
};
