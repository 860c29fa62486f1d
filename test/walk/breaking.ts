/** Ways to break a set-up that several cases share. */
import type { Stage } from './stage.ts';

export function policy(stage: Stage, right: 'RestrictAccess' | 'DenyAccess', ...mailboxes: string[]): void {
  stage.tenant.setAccessPolicies([{ clientId: stage.app.clientId, right, mailboxes }]);
}

export function role(stage: Stage, name: string, mailboxes: string[] | undefined): void {
  stage.tenant.setRoleAssignments([{ clientId: stage.app.clientId, role: name, mailboxes }]);
}

export const forbid = (stage: Stage, ...mailboxes: string[]) => stage.arguments.push('--forbidden', ...mailboxes);
