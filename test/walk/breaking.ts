/** Ways to break a set-up that several cases share. */
import { randomUUID } from 'node:crypto';
import { createAppCertificate } from '../../src/microsoft/app-certificate.ts';
import { ceo, type Stage, systemAccount } from './stage.ts';

export const dayMs = 86_400_000;
/** Nobody listens there. */
export const nowhere = 'https://127.0.0.1:9';

export function policy(stage: Stage, right: 'RestrictAccess' | 'DenyAccess', ...mailboxes: string[]): void {
  stage.tenant.setAccessPolicies([{ clientId: stage.app.clientId, right, mailboxes }]);
}

export function role(stage: Stage, name: string, mailboxes: string[] | undefined): void {
  stage.tenant.setRoleAssignments([{ clientId: stage.app.clientId, role: name, mailboxes }]);
}

export const forbid = (stage: Stage, ...mailboxes: string[]) => stage.arguments.push('--forbidden', ...mailboxes);

export function hosts(stage: Stage, hosts: { readonly login?: string; readonly graph?: string }): void {
  const { origin } = stage.tenant;
  stage.connector['cloud'] = { custom: { login: hosts.login ?? origin, graph: hosts.graph ?? origin } };
}

export function offClock(stage: Stage, ms: number): void {
  stage.fault({ endpoint: 'discovery', action: { kind: 'clock', offByMs: ms } });
}

/** Made once for all cases: a key takes half a second. */
const keys = new Map<string, ReturnType<typeof createAppCertificate>>();

/** A certificate in place of the secret; registered or not. */
export async function certificate(stage: Stage, days: number, madeAt: number, isRegistered: boolean): Promise<void> {
  const key = `${days} ${Math.round((Date.now() - madeAt) / dayMs)}`;
  const making = keys.get(key) ?? createAppCertificate('Mailroom', days, madeAt);
  keys.set(key, making);
  const made = await making;
  if (isRegistered) stage.app.addCertificate(made.certificatePem);
  delete stage.connector['secret'];
  const files = {
    certificate: stage.file('app.crt', made.certificatePem),
    key: stage.file('app.key', made.privateKeyPem),
  };
  stage.connector['certificate'] = files;
}

/** Limited to the system account and proven: what is broken then is what the case breaks. */
export function limited(stage: Stage): void {
  policy(stage, 'RestrictAccess', systemAccount);
  forbid(stage, ceo);
}

export const wrongSecret = (stage: Stage) => {
  stage.connector['secret'] = 'this-is-not-the-secret';
};
export const wrongTenant = (stage: Stage) => {
  stage.connector['tenantId'] = randomUUID();
};
