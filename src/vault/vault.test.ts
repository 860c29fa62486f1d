import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openVault, type Vault, vaultFileOf } from './vault.ts';
import { keySourceFor } from './vault-key.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mailroom-vault-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function vaultOf(env: Record<string, string> = {}, key?: { file: string } | { env: string }): Vault {
  return openVault({ file: vaultFileOf(folder), key: keySourceFor(key, folder, env), now: () => 0 });
}

function edit(change: (file: { entries: Record<string, { nonce: string; sealed: string }> }) => void): void {
  const file = JSON.parse(readFileSync(vaultFileOf(folder), 'utf8'));
  change(file);
  writeFileSync(vaultFileOf(folder), JSON.stringify(file));
}

const secret = 'Zq8~not-in-the-clear';

describe('a secret in the vault', () => {
  test('is-not-readable-on-disk, and each sealing has a nonce of its own', () => {
    const vault = vaultOf();
    vault.put('app-secret', secret);
    expect(vault.get('app-secret')).toBe(secret);
    const first = readFileSync(vaultFileOf(folder), 'utf8');
    expect(first).not.toContain(secret);
    expect(first).not.toContain(Buffer.from(secret).toString('base64').slice(0, 12));
    vault.put('app-secret', secret);
    const [one, other] = [first, readFileSync(vaultFileOf(folder), 'utf8')].map((text) => JSON.parse(text).entries);
    expect(one['app-secret'].nonce).not.toBe(other['app-secret'].nonce);
    expect(one['app-secret'].sealed).not.toBe(other['app-secret'].sealed);
    if (process.platform !== 'win32')
      for (const file of ['vault.json', 'vault.key']) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
  });

  test('is seen by another process at once, and gone when it was removed', () => {
    const [one, other] = [vaultOf(), vaultOf()];
    one.putAll({ second: 'b', first: 'a' });
    expect(other.names()).toEqual(['first', 'second']);
    one.put('first', 'changed');
    expect(other.get('first')).toBe('changed');
    one.remove('first');
    expect(() => other.get('first')).toThrow(
      /has no entry first\. It has: second\. Put it in with: mailroom vault put first/,
    );
    expect(() => one.remove('first')).toThrow('has no entry first');
  });

  test('that-was-moved-to-another-name-does-not-open', () => {
    vaultOf().putAll({ mine: secret, theirs: 'another' });
    edit(({ entries }) => Object.assign(entries, { theirs: entries['mine'] }));
    expect(() => vaultOf().get('theirs')).toThrow('The entry theirs');
    expect(vaultOf().get('mine')).toBe(secret);
  });

  test('of which one bit has changed is called damaged, and not a wrong key', () => {
    vaultOf().put('mine', secret);
    edit(({ entries }) => {
      const sealed = Buffer.from(entries['mine']?.sealed ?? '', 'base64');
      sealed.writeUInt8(sealed.readUInt8(0) ^ 1, 0);
      Object.assign(entries['mine'] ?? {}, { sealed: sealed.toString('base64') });
    });
    expect(() => vaultOf().get('mine')).toThrow(/The entry mine of the vault .* is damaged/);
    writeFileSync(vaultFileOf(folder), '{"format":');
    expect(() => vaultOf().get('mine')).toThrow(/vault\.json is damaged/);
  });

  test.each(['..', 'a/b', '', '__proto__', 'a'.repeat(64)])('cannot be named %j', (name) => {
    expect(() => vaultOf().put(name, secret)).toThrow('name of an entry');
    expect(existsSync(vaultFileOf(folder))).toBe(false);
  });
});

describe('the key of the vault', () => {
  const key = randomBytes(32);

  test.each([
    ['as it is', key],
    ['base64', Buffer.from(`${key.toString('base64')}\n`)],
    ['base64url', Buffer.from(key.toString('base64url'))],
    ['hexadecimal', Buffer.from(`${key.toString('hex')}\n`)],
  ])('may be written in a file %s', (_how, content) => {
    const file = join(folder, 'the.key');
    writeFileSync(file, content);
    vaultOf({}, { file }).put('mine', secret);
    expect(vaultOf({ KEY: key.toString('base64') }, { env: 'KEY' }).get('mine')).toBe(secret);
    expect(existsSync(join(folder, 'vault.key'))).toBe(false);
  });

  test('comes from systemd where the service was given one', () => {
    writeFileSync(join(folder, 'mailroom-vault-key'), key);
    vaultOf({ CREDENTIALS_DIRECTORY: folder }).put('mine', secret);
    expect(vaultOf({}, { file: join(folder, 'mailroom-vault-key') }).get('mine')).toBe(secret);
    expect(existsSync(join(folder, 'vault.key'))).toBe(false);
  });

  test('that is another one, is none, or is not there is told apart', () => {
    vaultOf().put('mine', secret);
    const withKey = (value: string) => () => vaultOf({ KEY: value }, { env: 'KEY' }).get('mine');
    expect(withKey(key.toString('base64'))).toThrow(/The key in the environment variable KEY is not the one/);
    expect(withKey('a password')).toThrow(/is no key for the vault: it must be 32 bytes/);
    expect(withKey('a password')).not.toThrow('a password');
    expect(() => vaultOf({}, { env: 'KEY' }).get('mine')).toThrow('KEY, which is not set');
    expect(() => vaultOf({}, { file: join(folder, 'no.key') }).get('mine')).toThrow('which is not there');
    rmSync(join(folder, 'vault.key'));
    expect(() => vaultOf().get('mine')).toThrow(/Put the key back from the last backup/);
    // Never a new key beside a vault that another one has sealed.
    expect(() => vaultOf().put('mine', secret)).toThrow(/Put the key back/);
    expect(existsSync(join(folder, 'vault.key'))).toBe(false);
  });
});

describe('a re-key', () => {
  const path = (name: string) => join(folder, name);

  test('changes every sealing and the key, and a vault that is open goes on', () => {
    const running = vaultOf();
    running.putAll({ one: 'a', two: 'b' });
    const [oldVault, oldKey] = ['vault.json', 'vault.key'].map((name) => readFileSync(path(name), 'utf8'));
    vaultOf().rekey();
    expect(running.get('one') + running.get('two')).toBe('ab');
    expect(readFileSync(path('vault.key'), 'utf8')).not.toBe(oldKey);
    const [before, after] = [oldVault ?? '', readFileSync(path('vault.json'), 'utf8')].map((text) => JSON.parse(text));
    expect(after.keyCheck).not.toBe(before.keyCheck);
    expect(after.entries.one.sealed).not.toBe(before.entries.one.sealed);
    expect(existsSync(path('vault.key.new'))).toBe(false);
  });

  test('that was cut off after any of its steps leaves a vault that opens, and a later one that works', () => {
    vaultOf().put('one', 'a');
    for (const name of ['vault.json', 'vault.key']) copyFileSync(path(name), path(`${name}.before`));
    vaultOf().rekey();
    const newKey = readFileSync(path('vault.key'));
    // Between the two renames: the vault is new, its key stands beside the old one.
    renameSync(path('vault.key'), path('vault.key.new'));
    copyFileSync(path('vault.key.before'), path('vault.key'));
    expect(vaultOf().get('one')).toBe('a');
    vaultOf().put('two', 'b');
    expect(readFileSync(path('vault.key'))).toEqual(newKey);
    expect(vaultOf().get('one') + vaultOf().get('two')).toBe('ab');
    // Before the first: the vault is old, and a key that nothing was sealed with lies about.
    for (const name of ['vault.json', 'vault.key']) copyFileSync(path(`${name}.before`), path(name));
    writeFileSync(path('vault.key.new'), newKey);
    expect(vaultOf().get('one')).toBe('a');
    vaultOf().rekey();
    expect(vaultOf().get('one')).toBe('a');
  });

  test('that-is-cut-off-and-begun-again keeps the only key that opens the vault', () => {
    vaultOf().put('one', 'a');
    copyFileSync(path('vault.key'), path('old.key'));
    vaultOf().rekey();
    renameSync(path('vault.key'), path('vault.key.new'));
    copyFileSync(path('old.key'), path('vault.key'));
    vaultOf().rekey();
    expect(vaultOf().get('one')).toBe('a');
    expect(existsSync(path('vault.key.new'))).toBe(false);
  });

  test('that is killed again and again never locks anybody out', async () => {
    vaultOf().put('one', 'a');
    const script = `
      const { openVault, vaultFileOf } = await import(${JSON.stringify(join(import.meta.dirname, 'vault.ts'))});
      const { keySourceFor } = await import(${JSON.stringify(join(import.meta.dirname, 'vault-key.ts'))});
      const [folder] = process.argv.slice(1);
      const vault = openVault({ file: vaultFileOf(folder), key: keySourceFor(undefined, folder, {}), now: Date.now });
      for (;;) { vault.rekey(); process.stdout.write('.'); }
    `;
    for (let kill = 0; kill < 8; kill += 1) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder]);
      let rekeys = 0;
      // Somewhere within a re-key: a write or a rename takes as long as the next line of output.
      child.stdout.on('data', (dots: Buffer) => {
        rekeys += dots.length;
        if (rekeys > kill) setImmediate(() => child.kill('SIGKILL'));
      });
      await once(child, 'exit');
      expect(rekeys).toBeGreaterThan(0);
      // What the killed one held; a later writer would wait ten seconds for it.
      rmSync(`${vaultFileOf(folder)}.lock`, { force: true });
      expect(vaultOf().get('one')).toBe('a');
    }
  }, 60_000);

  test('of a key in the environment needs the new one from outside', () => {
    const [old, next] = [randomBytes(32), randomBytes(32)];
    const withKey = (key: Buffer) => vaultOf({ KEY: key.toString('hex') }, { env: 'KEY' });
    withKey(old).put('one', 'a');
    expect(() => withKey(old).rekey()).toThrow('--new-key-file');
    withKey(old).rekey(next);
    expect(withKey(next).get('one')).toBe('a');
    expect(() => withKey(old).get('one')).toThrow('is not the one');
  });
});

test('two-processes-that-write-at-once-lose-nothing', async () => {
  const script = `
    const { openVault, vaultFileOf } = await import(${JSON.stringify(join(import.meta.dirname, 'vault.ts'))});
    const { keySourceFor } = await import(${JSON.stringify(join(import.meta.dirname, 'vault-key.ts'))});
    const [folder, who] = process.argv.slice(1);
    const vault = openVault({ file: vaultFileOf(folder), key: keySourceFor(undefined, folder, {}), now: Date.now });
    for (let n = 0; n < 15; n += 1) vault.put(who + n, who);
  `;
  vaultOf().put('first', 'x');
  const run = promisify(execFile);
  await Promise.all(
    ['a', 'b', 'c'].map((who) => run(process.execPath, ['--input-type=module', '-e', script, folder, who])),
  );
  expect(vaultOf().names()).toHaveLength(46);
  expect(vaultOf().get('c14')).toBe('c');
});
