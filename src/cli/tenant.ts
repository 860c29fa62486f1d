/** `mailroom tenant`: a practice tenant by itself, for rehearsals and for tests of other programs. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { startPracticeTenant } from '../../practice-tenant/tenant.ts';
import type { CommandContext, CommonOptions } from './context.ts';
import { CommandError } from './exit-codes.ts';

interface TenantOptions extends CommonOptions {
  readonly port: number;
  readonly caFile: string;
  readonly user: string[];
}

export function addTenantCommand(program: Command, context: CommandContext): void {
  program
    .command('tenant')
    .description('Run a practice tenant: a stand-in for Microsoft 365 on this machine.')
    .option('--port <port>', 'port; 0 takes a free one', port, 0)
    .option(
      '--ca-file <file>',
      'where to write the certificate authority that clients must trust',
      'practice-tenant-ca.pem',
    )
    .option('--user <addresses...>', 'mailboxes', ['noreply@contoso.example', 'ada@contoso.example'])
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  mailroom tenant --port 8443 --ca-file ca.pem')
    .action((options: TenantOptions) => run(context, options));
}

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535)
    throw new InvalidArgumentError('It must be a port, 0 to 65535.');
  return value;
}

async function run(context: CommandContext, options: TenantOptions): Promise<void> {
  const tenant = await startPracticeTenant({ port: options.port, users: options.user }).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : error;
    throw new CommandError('cannotCreate', `The practice tenant cannot listen on port ${options.port}: ${why}`);
  });
  const { app, secret } = tenant.addApp();
  const caFile = resolve(options.caFile);
  writeFileSync(caFile, tenant.caPem);
  // Before anything is printed: whoever reads that it runs may end it at once.
  const { promise: told, resolve: stop } = Promise.withResolvers<void>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  const facts = {
    origin: tenant.origin,
    tenantId: tenant.tenantId,
    clientId: app.clientId,
    clientSecret: secret,
    userName: options.user[0],
    caFile,
  };
  if (options.json) context.out.write(`${JSON.stringify(facts)}\n`);
  else
    context.out.write(
      [
        `Practice tenant: ${tenant.origin} (what has arrived: open it in a browser)`,
        '',
        'For a connector of Mailroom:',
        `  cloud: { custom: { login: "${tenant.origin}", graph: "${tenant.origin}" } }`,
        `  caFile: ${caFile}`,
        `  oauthClientId: ${app.clientId}`,
        `  tenantId: ${tenant.tenantId}`,
        `  userName: ${options.user[0]}`,
        `  secret: ${secret}`,
        '',
        'The same in the environment:',
        `  MAILROOM_OAUTH_CLIENT_ID=${app.clientId}`,
        `  MAILROOM_TENANT_ID=${tenant.tenantId}`,
        `  MAILROOM_USER_NAME=${options.user[0]}`,
        `  MAILROOM_CLIENT_SECRET=${secret}`,
        `  MAILROOM__CONNECTORS__0__CLOUD__CUSTOM__LOGIN=${tenant.origin}`,
        `  MAILROOM__CONNECTORS__0__CLOUD__CUSTOM__GRAPH=${tenant.origin}`,
        `  MAILROOM__CONNECTORS__0__CA_FILE=${caFile}`,
        '',
        `For programs of Node.js: NODE_EXTRA_CA_CERTS=${caFile}`,
        'Ctrl-C ends it; nothing is kept.',
        '',
      ].join('\n'),
    );
  await told;
  await tenant.close();
}
