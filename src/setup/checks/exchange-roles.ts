/**
 * What only Exchange knows of the app, while an administrator is signed in: its roles (RBAC for Applications), and whether a
 * tenant-wide consent in Entra stands beside them. The two add up: the wider one decides, and the limit limits nothing.
 */
import { askExchange, cmdletsOf, type Row, textOf } from './ask-exchange.ts';
import type { Check, CheckContext, CheckResult } from './check.ts';

const wantedRole = { graph: 'Application Mail.Send', 'smtp-oauth': 'Application SMTP.SendAsApp' } as const;
/** Roles that include the one that Graph needs. */
const widerRoles = ['Application Mail Full Access', 'Application Exchange Full Access'];

async function assignmentsOf(context: CheckContext) {
  const app = context.findings.servicePrincipalId ?? context.connector.clientId;
  return await askExchange(context, 'Get-ManagementRoleAssignment', { RoleAssignee: app });
}

/** What limits an assignment; '' when nothing does. */
function scopeOf(row: Row): string {
  const names = ['CustomResourceScope', 'RecipientGroupScope', 'RecipientAdministrativeUnitScope'];
  return names.map((name) => textOf(row, name)).find((text) => text !== '' && text !== 'Organization') ?? '';
}

function shown(rows: readonly Row[]): string {
  const words = rows.map((row) => `${textOf(row, 'Role')} for ${scopeOf(row) || 'the whole organisation'}`);
  return words.join('; ') || 'none';
}

export const exchangeRoleCheck: Check = {
  id: 'exchange-role',
  statement: 'The app has the right role in Exchange, or none.',
  row: 'M10',
  needs: ['credential'],
  wanted: (context) => cmdletsOf(context) !== undefined,
  async run(context): Promise<CheckResult> {
    const { kind } = context.connector;
    const asked = await assignmentsOf(context);
    if ('refused' in asked) return asked.refused;
    const roles = asked.rows.map((row) => textOf(row, 'Role'));
    const evidence = [`${asked.evidence}. Roles: ${shown(asked.rows)}.`];
    const right = wantedRole[kind];
    const isThere = roles.some((role) => role === right || (kind === 'graph' && widerRoles.includes(role)));
    if (roles.length === 0 || isThere) return { state: 'pass', evidence };
    return {
      state: 'fail',
      evidence,
      remedy: `The role is for another way of sending. This connector needs ${right}: mailroom policy apply sets it; then remove the other one.`,
      mayStillCome: true,
    };
  },
};

export const addingUpCheck: Check = {
  id: 'consent-beside-role',
  statement: 'No tenant-wide permission stands beside the limit by a role of Exchange.',
  row: 'M10',
  needs: ['exchange-role', 'roles'],
  wanted: (context) => cmdletsOf(context) !== undefined,
  async run(context): Promise<CheckResult> {
    const asked = await assignmentsOf(context);
    if ('refused' in asked) return asked.refused;
    const { kind, largeMailByUpload } = context.connector;
    const needed =
      kind === 'graph' ? ['Mail.Send', ...(largeMailByUpload ? ['Mail.ReadWrite'] : [])] : ['SMTP.SendAsApp'];
    const granted = needed.filter((role) => context.findings.roles?.includes(role));
    const isTenantWide = granted.length > 0;
    const entra = (isTenantWide ? granted : needed).join(' and ');
    const scoped = asked.rows.filter((row) => scopeOf(row) !== '');
    const evidence = [
      `${entra} in Entra: ${isTenantWide ? 'granted' : 'not granted'}. Roles in Exchange: ${shown(asked.rows)}.`,
    ];
    if (scoped.length === 0 || !isTenantWide) return { state: 'pass', evidence };
    return {
      state: 'fail',
      evidence,
      remedy: `The two add up, and the wider one decides. Withdraw ${entra} in Entra (API permissions of the app): mailroom policy migrate does it step by step, proven.`,
    };
  },
};
