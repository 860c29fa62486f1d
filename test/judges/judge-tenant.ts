/**
 * Lets clients of Microsoft and of others judge a fresh practice tenant, each in a process of its own. The last line of
 * stdout says how each of them ended; what no judge looks at yet stands there as null, and fails the whole.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPracticeTenant } from '../../practice-tenant/tenant.ts';
import { createAppCertificate } from '../../src/microsoft/app-certificate.ts';

const sender = 'noreply@contoso.example';
const admin = 'admin@contoso.example';
/** Package → file of the client; undefined for a judge that is still to come. */
const judges: Readonly<Record<string, string | undefined>> = {
  '@azure/msal-node': 'msal-node.ts',
  '@azure/identity': 'azure-identity.ts',
  oauth4webapi: 'oauth4webapi.ts',
  '@microsoft/microsoft-graph-client': 'graph-client.ts',
  '@microsoft/msgraph-sdk': undefined,
  '@pnp/cli-microsoft365': undefined,
  nodemailer: 'nodemailer.ts',
  curl: 'curl.ts',
};

const folder = mkdtempSync(join(tmpdir(), 'mailroom-judge-'));
const tenant = await startPracticeTenant({ users: [sender], smtpPort: 0 });
try {
  tenant.addUser(admin, { directoryRoles: ['Global Administrator'] });
  const roles = ['Mail.Send', 'Mail.ReadWrite', 'SMTP.SendAsApp', 'Application.ReadWrite.All', 'User.Read.All'];
  const redirectUris = ['https://app.contoso.example/connectors/SMTP.aspx'];
  const { app, secret } = tenant.addApp({ roles, redirectUris });
  const { exchange } = tenant.directory.state;
  exchange.smtpClientAuthenticationDisabled = false;
  exchange.servicePrincipals.push({ objectId: app.servicePrincipalId, appId: app.clientId, displayName: 'Judged' });
  tenant.directory.user(sender)?.fullAccess.push({ trusteeId: app.servicePrincipalId, effectiveAt: 0 });
  const certificate = await createAppCertificate('Judge', 30, Date.now());
  app.addCertificate(certificate.certificatePem);
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content, { mode: 0o600 });
    return join(folder, name);
  };
  const caFile = file('ca.pem', tenant.caPem);
  const env = {
    PATH: process.env['PATH'] ?? '',
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
  };
  const clients: Record<string, 'pass' | 'fail' | 'absent'> = {};
  for (const [name, script] of Object.entries(judges)) {
    clients[name] = await judge(name, script, env);
    process.stderr.write(`${name}: ${clients[name]}\n`);
  }
  process.stdout.write(`${JSON.stringify({ clients, schema: null, samples: null })}\n`);
  process.exitCode = 1;
} finally {
  await tenant.close();
  rmSync(folder, { recursive: true });
}

async function judge(name: string, script: string | undefined, env: Readonly<Record<string, string>>) {
  const installed = [import.meta.dirname, join(import.meta.dirname, '..', '..')].some((root) =>
    existsSync(join(root, 'node_modules', name)),
  );
  if (script === undefined || !(installed || hasProgram(name))) return 'absent';
  const child = await run(join(import.meta.dirname, 'clients', script), env);
  if (child.status !== 0) process.stderr.write(child.stderr);
  return child.status === 0 ? 'pass' : 'fail';
}

/** Whether it is a program of this machine and no package. */
function hasProgram(name: string): boolean {
  return spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** Runs beside this process, which answers the client. */
function run(script: string, env: Readonly<Record<string, string>>) {
  const { promise, resolve } = Promise.withResolvers<{ status: number | null; stderr: string }>();
  const child = spawn(process.execPath, [script], { env, stdio: ['ignore', 'ignore', 'pipe'], timeout: 120_000 });
  let stderr = '';
  child.stderr.on('data', (bytes: Buffer) => {
    stderr += bytes.toString();
  });
  child.on('close', (status) => resolve({ status, stderr }));
  return promise;
}
