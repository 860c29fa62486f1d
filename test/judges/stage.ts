/** The practice tenant as the judging clients find it, and one of them let loose on it in a process of its own. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PracticeTenant, type PracticeTenantOptions, startPracticeTenant } from '../../practice-tenant/tenant.ts';
import { createAppCertificate } from '../../src/microsoft/app-certificate.ts';
import { openTokenIssuer } from '../harness/token-issuer.ts';
import { redirectUri } from './surroundings.ts';

export const sender = 'noreply@contoso.example';
export const admin = 'admin@contoso.example';
const subject = 'system:serviceaccount:mail:mailroom';
const audience = 'api://AzureADTokenExchange';

export interface Stage extends AsyncDisposable {
  readonly tenant: PracticeTenant;
  /** What clients read by `surroundings`. */
  readonly env: Readonly<Record<string, string>>;
  /** For files of theirs; gone at the end. */
  readonly folder: string;
}

/** Opens a tenant with an app that has all kinds of credentials. @param path PATH of the clients */
export async function openStage(path: string, options: PracticeTenantOptions = {}): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'mailroom-judge-'));
  const tenant = await startPracticeTenant({ users: [sender], smtpPort: 0, ...options });
  tenant.addUser(admin, { directoryRoles: ['Global Administrator'] });
  const { app, secret } = tenant.addApp({
    roles: [
      ...['Mail.Send', 'Mail.ReadWrite', 'SMTP.SendAsApp', 'Application.ReadWrite.All', 'User.Read.All'],
      ...['AppRoleAssignment.ReadWrite.All', 'Directory.Read.All'],
    ],
    redirectUris: [redirectUri],
  });
  const { exchange } = tenant.directory.state;
  exchange.smtpClientAuthenticationDisabled = false;
  exchange.servicePrincipals.push({ objectId: app.servicePrincipalId, appId: app.clientId, displayName: 'Judged' });
  tenant.directory.user(sender)?.fullAccess.push({ trusteeId: app.servicePrincipalId, effectiveAt: 0 });
  const certificate = await createAppCertificate('Judge', 30, Date.now());
  app.addCertificate(certificate.certificatePem);
  const issuer = await openTokenIssuer();
  const { issuer: name } = issuer;
  const trusted = { id: 'f', name: 'judge', issuer: name, subject, audiences: [audience], description: null };
  app.application.federatedIdentityCredentials.push(trusted);
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content, { mode: 0o600 });
    return join(folder, name);
  };
  const caFile = file('ca.pem', tenant.caPem);
  return {
    tenant,
    folder,
    env: {
      PATH: path,
      HOME: folder,
      NODE_EXTRA_CA_CERTS: caFile,
      JUDGE_ORIGIN: tenant.origin,
      JUDGE_SMTP_PORT: String(tenant.smtpPort),
      JUDGE_TENANT: tenant.tenantId,
      JUDGE_CLIENT: app.clientId,
      JUDGE_SECRET: secret,
      JUDGE_SENDER: sender,
      JUDGE_ADMIN: admin,
      JUDGE_CERTIFICATE: file('app.crt', certificate.certificatePem),
      JUDGE_KEY: file('app.key', certificate.privateKeyPem),
      JUDGE_CA: caFile,
      JUDGE_FEDERATED_TOKEN: file('federated-token', await issuer.assertion({ sub: subject, aud: audience })),
    },
    async [Symbol.asyncDispose]() {
      issuer[Symbol.dispose]();
      await tenant.close();
      rmSync(folder, { recursive: true });
    },
  };
}

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program beside this process, which answers it. @param deadlineMs after which it is killed */
export async function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  deadlineMs = 120_000,
): Promise<Ended> {
  const { promise, resolve, reject } = Promise.withResolvers<Ended>();
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: deadlineMs });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (bytes: Buffer) => {
    stdout += bytes.toString();
  });
  child.stderr.on('data', (bytes: Buffer) => {
    stderr += bytes.toString();
  });
  child.on('error', reject);
  child.on('close', (status) => resolve({ status, stdout, stderr }));
  return promise;
}
