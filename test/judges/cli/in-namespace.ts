/**
 * Runs within a network of its own, where Microsoft's host names lead to this machine: starts the practice tenant on the
 * port of HTTPS and lets the CLI for Microsoft 365 judge it, unmodified. Nothing of it can reach the outside.
 *
 * Prints one line of JSON: `{"checked":N,"problems":[…]}`, and fails with what the CLI said.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { watchTraffic } from '../../../practice-tenant/http/traffic.ts';
import { trafficTally } from '../../graph-schema/tally.ts';
import { admin, openStage, run, sender } from '../stage.ts';
import { microsoftHosts } from './hosts.ts';

const tally = trafficTally();
const stop = watchTraffic((traffic) => tally.see(traffic));
await using stage = await openStage(process.env['PATH'] ?? '', { port: 443, names: microsoftHosts });
const { tenant, env } = stage;
// Its home: settings, and no telemetry, which would wait for an answer from outside.
const settings = join(stage.folder, '.config', 'configstore');
mkdirSync(settings, { recursive: true });
writeFileSync(
  join(settings, 'cli-m365-config.json'),
  JSON.stringify({ disableTelemetry: true, output: 'json', prompt: false, autoOpenLinksInBrowser: false }),
);
const program = join(import.meta.dirname, 'node_modules', '@pnp', 'cli-microsoft365', 'dist', 'index.js');

/** Runs a command; its output as JSON where it is some. @throws AssertionError with what it said when it fails */
async function m365(...args: string[]): Promise<unknown> {
  const { status, stdout, stderr } = await run(process.execPath, [program, ...args], env);
  assert.equal(status, 0, `m365 ${args.slice(0, 3).join(' ')}: ${stderr}${stdout}`);
  process.stderr.write(`  m365 ${args.slice(0, 3).join(' ')}\n`);
  try {
    return JSON.parse(stdout);
  } catch {
    return stdout;
  }
}
async function refused(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await run(process.execPath, [program, ...args], env);
  assert.notEqual(status, 0, `m365 ${args.join(' ')} was not refused`);
  return stdout + stderr;
}

// Certificate and key in one file, as the CLI wants them.
const pem = join(stage.folder, 'app.pem');
writeFileSync(
  pem,
  [env['JUDGE_KEY'], env['JUDGE_CERTIFICATE']].map((file) => readFileSync(file ?? '', 'utf8')).join('\n'),
);
const app = ['--appId', env['JUDGE_CLIENT'] ?? '', '--tenant', tenant.tenantId];
await m365('login', '--authType', 'secret', ...app, '--secret', env['JUDGE_SECRET'] ?? '');
await m365('status');
await m365('login', '--authType', 'certificate', ...app, '--certificateFile', pem);
const from = ['--sender', sender, '--to', admin];
await m365('outlook', 'mail', 'send', ...from, '--subject', 'By the CLI', '--bodyContents', 'x');
assert.deepEqual(
  tenant.mailbox(admin).map(({ subject }) => subject),
  ['By the CLI'],
);

const made: Record<string, unknown> = Object(
  await m365(
    ...['entra', 'app', 'add', '--name', 'Made by the CLI', '--withSecret', '--grantAdminConsent'],
    ...['--apisApplication', 'https://graph.microsoft.com/Mail.Send'],
  ),
);
const appId = String(made['appId']);
const principal = tenant.directory.servicePrincipalByAppId(appId);
const grants = tenant.directory.state.appRoleAssignments.filter(({ principalId }) => principalId === principal?.id);
assert.equal(grants.length, 1);
const permission = 'https://graph.microsoft.com/User.Read.All';
await m365('entra', 'app', 'permission', 'add', '--appId', appId, '--applicationPermissions', permission);
const found: Record<string, unknown> = Object(await m365('entra', 'app', 'get', '--appId', appId));
assert.equal(found['displayName'], 'Made by the CLI');
const all = await m365('entra', 'app', 'list');
assert.ok(Array.isArray(all) && all.length === 2);
assert.match(
  await refused('entra', 'user', 'get', '--userName', 'nobody@contoso.example'),
  /does not exist|not found/i,
);
await m365('request', '--url', `https://graph.microsoft.com/v1.0/users/${sender}?$select=id,mail`);
await m365('cli', 'doctor');
await m365('logout');

stop();
process.stdout.write(`${JSON.stringify({ checked: tally.checked, problems: tally.takeProblems() })}\n`);
