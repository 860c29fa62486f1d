/** `mailroom tenant`: a practice tenant by itself, for rehearsals and for tests of other programs. */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type CloudName, cloudNames } from '../../practice-tenant/clouds.ts';
import type { ProfileName } from '../../practice-tenant/profile.ts';
import { SeedError } from '../../practice-tenant/seed/seed-error.ts';
import type { CommandContext, CommonOptions } from './context.ts';
import { CommandError } from './exit-codes.ts';
import { tenantFacts, tenantText } from './tenant/facts.ts';

interface TenantOptions extends CommonOptions {
  readonly port: number;
  readonly uploadPort: number;
  readonly smtpPort?: number;
  readonly host?: string;
  readonly caFile: string;
  readonly user: string[];
  readonly profile?: ProfileName;
  readonly cloud?: CloudName;
  readonly seed?: string;
  readonly state?: string;
}

export function addTenantCommand(program: Command, context: CommandContext): void {
  program
    .command('tenant')
    .description('Run a practice tenant: a stand-in for Microsoft 365 on this machine.')
    .option('--port <port>', 'port of sign-in, Graph, Exchange and portal; 0 takes a free one', port, 0)
    .option('--upload-port <port>', 'port of the host that takes uploads; 0 takes a free one', port, 0)
    .option('--smtp-port <port>', 'port of SMTP submission with XOAUTH2; 0 takes a free one (default: no SMTP)', port)
    .addOption(
      new Option('--profile <name>', "documented: Microsoft's limits and delays; unlimited: none")
        .choices(['documented', 'unlimited'])
        .default(undefined, 'documented'),
    )
    .addOption(
      new Option('--cloud <name>', 'which cloud it stands for').choices([...cloudNames]).default(undefined, 'global'),
    )
    .option('--host <address>', 'address to listen on (default: 127.0.0.1; others can then do everything in it)')
    .option('--seed <file>', 'YAML file with what stands in the tenants at the start')
    .option('--state <file>', 'keep the tenants in this file from one start to the next')
    .option(
      '--ca-file <file>',
      'where to write the certificate authority that clients must trust',
      'practice-tenant-ca.pem',
    )
    .option('--user <addresses...>', 'mailboxes, where no seed says otherwise', [
      'noreply@contoso.example',
      'ada@contoso.example',
    ])
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  mailroom tenant --port 8443 --ca-file ca.pem',
        '  mailroom tenant --port 8443 --smtp-port 5587 --seed tenants.yaml --state tenants.json',
      ].join('\n'),
    )
    .action((options: TenantOptions) => run(context, options));
}

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535)
    throw new InvalidArgumentError('It must be a port, 0 to 65535.');
  return value;
}

async function run(context: CommandContext, options: TenantOptions): Promise<void> {
  const { seed, state, caFile, user, json, ...rest } = options;
  // Not before it is this command that runs: the tenant is much to load.
  const { openTenants } = await import('./tenant/open-tenants.ts');
  const opened = await openTenants({
    ...rest,
    users: user,
    ...(seed ? { seed: { file: seed, text: readSeed(seed) } } : {}),
    ...(state ? { stateFile: resolve(state) } : {}),
  }).catch((error: unknown) => {
    if (error instanceof SeedError) throw new CommandError('config', error.message);
    const why = error instanceof Error ? error.message : error;
    throw new CommandError('cannotCreate', `The practice tenant cannot listen: ${why}`);
  });
  const authorityFile = resolve(caFile);
  writeFileSync(authorityFile, opened.service.caPem);
  // Before anything is printed: whoever reads that it runs may end it at once.
  const { promise: told, resolve: stop } = Promise.withResolvers<void>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  const facts = tenantFacts(opened, authorityFile);
  context.out.write(json ? `${JSON.stringify(facts)}\n` : tenantText(facts, state));
  await told;
  await opened.close();
}

function readSeed(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    throw new CommandError('config', `The seed ${file} cannot be read: ${why}`);
  }
}
