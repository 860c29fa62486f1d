/**
 * What the demo starts: a practice tenant with an app registration and mailboxes, and a Mailroom configured against it by a
 * file, just as an administrator would write one.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { DemoLogin } from './hand-in.ts';
import { systemAccount } from './samples.ts';

export interface DemoTenant {
  readonly origin: string;
  readonly caFile: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface DemoServer {
  readonly configFile: string;
  readonly logins: Readonly<Record<string, DemoLogin>>;
  readonly apiKey: string;
}

export interface DemoPorts {
  readonly smtp: number;
  readonly http: number;
  readonly console: number;
}

/** Made anew for each demo: nothing that stands in this repository opens anything. */
function secret(): string {
  return randomBytes(18).toString('base64url');
}

/** Writes the demo's configuration and its secrets below `folder` (files 0600), and returns what its clients log in with. */
export function writeDemoConfig(
  folder: string,
  tenant: DemoTenant,
  certificate: { readonly certificateFile: string; readonly keyFile: string },
  ports: DemoPorts,
): DemoServer {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const keep = (name: string, value: string) => {
    const file = join(folder, name);
    writeFileSync(file, `${value}\n`, { mode: 0o600 });
    return { file };
  };
  const logins = {
    'case-management': { login: 'cases', password: secret() },
    'printer-3rd-floor': { login: 'printer', password: secret() },
    cron: { login: 'cron', password: secret() },
  };
  const apiKey = secret();
  const senders = [systemAccount];
  const client = (name: keyof typeof logins) => ({
    name,
    login: logins[name].login,
    password: keep(`${name}.password`, logins[name].password),
    senders,
  });
  const tls = { certificate: certificate.certificateFile, key: certificate.keyFile };
  const config = {
    dataDir: join(folder, 'data'),
    hostname: 'localhost',
    smtp: [
      { name: 'submission', listen: `127.0.0.1:${ports.smtp}`, tls: { mode: 'offered', ...tls }, auth: 'required' },
    ],
    http: [{ name: 'api', listen: `127.0.0.1:${ports.http}`, tls }],
    clients: [
      client('case-management'),
      client('printer-3rd-floor'),
      client('cron'),
      { name: 'portal', apiKey: keep('portal.key', apiKey), senders, priority: 'high' },
    ],
    connectors: [
      {
        name: 'default',
        kind: 'graph',
        cloud: { custom: { login: tenant.origin, graph: tenant.origin } },
        caFile: tenant.caFile,
        oauthClientId: tenant.clientId,
        tenantId: tenant.tenantId,
        userName: systemAccount,
        secret: keep('app.secret', tenant.clientSecret),
      },
    ],
    console: { listen: `127.0.0.1:${ports.console}` },
    observe: { logLevel: 'warn' },
  };
  const configFile = join(folder, 'mailroom.yaml');
  writeFileSync(configFile, stringify(config), { mode: 0o600 });
  return { configFile, logins, apiKey };
}
