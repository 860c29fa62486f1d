import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand, writeTestConfig } from './running-mailroom.sample.ts';

let folder = '';
let configFile = '';
beforeAll(async () => {
  ({ folder, configFile } = await writeTestConfig());
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const app = ['--client-id', '11111111-2222-3333-4444-555555555555', '--mailbox', 'noreply@contoso.com'];

describe('an administrator who limits the app', () => {
  it('takes client and mailbox from the configuration', async () => {
    const { status, stdout } = await runCommand([
      'policy',
      'plan',
      '--way',
      'access-policy',
      '--config',
      configFile,
      '--json',
    ]);
    expect(status).toBe(0);
    const plan = JSON.parse(stdout);
    expect(plan.steps.at(-1).change.name).toBe('New-ApplicationAccessPolicy');
  });

  it('reads what will be changed, and how it is proven', async () => {
    const forbidden = ['--forbidden', 'ceo@contoso.com'];
    const { stdout } = await runCommand(['policy', 'plan', '--way', 'access-policy', ...app, ...forbidden]);
    expect(stdout).toContain("New-DistributionGroup -Name 'Mailroom senders' -Type 'Security'");
    expect(stdout).toMatch(/Test-ApplicationAccessPolicy .*'ceo@contoso\.com' {3}\(must be refused\)/);
  });

  it('gets a script that Windows PowerShell reads in the right encoding', async () => {
    const own = await mkdtemp(join(tmpdir(), 'mailroom-'));
    const output = join(own, 'limit.ps1');
    const object = ['--object-id', '99999999-2222-3333-4444-555555555555'];
    const { status } = await runCommand(['policy', 'script', ...app, ...object, '--cloud', 'dod', '--output', output]);
    expect(status).toBe(0);
    const script = await readFile(output, 'utf8');
    expect(script.startsWith('\ufeff# Limit Mailroom to noreply@contoso.com')).toBe(true);
    expect(script).toContain("'O365USGovDoD'");
    await rm(own, { recursive: true });
  });

  it.each([
    [['policy', 'plan', ...app], 'Object ID under Entra > Enterprise applications'],
    [['policy', 'plan', '--way', 'access-policy', ...app, '--owner', "x'; y"], 'is no address'],
    [['policy', 'plan', '--client-id', 'contoso'], 'It must be a GUID'],
  ])('is told what is missing: %j', async (words, sentence) => {
    const { status, stderr } = await runCommand(words);
    expect(status).not.toBe(0);
    expect(stderr).toContain(sentence);
  });
});
