/** Runs a script with PowerShell and the ExchangeOnlineManagement module, where they are installed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommandContext } from '../context.ts';
import { CommandError } from '../exit-codes.ts';

/** @throws CommandError when there is no pwsh, or the script failed */
export async function runByPowerShell({ out, env }: CommandContext, script: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mailroom-policy-'));
  const file = join(folder, 'limit.ps1');
  writeFileSync(file, `\ufeff${script}`, { mode: 0o600 });
  try {
    const child = spawn('pwsh', ['-NoProfile', '-File', file], { env, stdio: ['inherit', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => out.write(bytes));
    const [code]: unknown[] = await once(child, 'close');
    if (code !== 0) throw new CommandError('unavailable', `PowerShell ended with ${code}; what it said stands above.`);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new CommandError(
        'unavailable',
        'There is no pwsh on this machine. Install PowerShell 7, leave --by out, or run what mailroom policy script writes.',
      );
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
