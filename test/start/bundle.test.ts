/** What a start runs: the program in one file, and only as long as each source that went into it is what it was. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemAccount, writeTestConfig } from '../../src/cli/running-mailroom.sample.ts';
import { runProduct } from '../harness/run-product.ts';
import { type ProgramResult, runProgram } from '../harness/run-program.ts';
import { type TemporaryFolder, temporaryFolder } from '../harness/temporary-folder.ts';

const root = join(import.meta.dirname, '..', '..');
const making = 'mailroom: putting the program into one file (once) ...\n';
const serveSource = 'src/cli/serve.ts';
/** A line of its help, and another one that is as long. */
const line = 'Run the server: take mail, keep it, send it.';
const otherLine = 'Run the server: have mail, keep it, send it.';

let parent: TemporaryFolder;
let copy: string;

beforeAll(async () => {
  parent = await temporaryFolder();
  copy = join(parent.path, 'mailroom');
  const isNoTest = (path: string) => !path.endsWith('.test.ts');
  for (const folder of ['bin', 'practice-tenant', 'scripts', 'src'])
    await cp(join(root, folder), join(copy, folder), { recursive: true, filter: isNoTest });
  for (const file of ['package.json', 'package-lock.json']) await cp(join(root, file), join(copy, file));
  for (const folder of ['console', 'node_modules']) await symlink(join(root, folder), join(copy, folder));
});
afterAll(() => parent[Symbol.asyncDispose]());
beforeEach(() => rm(bundles(), { recursive: true, force: true }));

const bundles = () => join(copy, '.runtime', 'bundle');

function mailroom(...words: readonly string[]): Promise<ProgramResult> {
  return runProgram(process.execPath, [join(copy, 'bin', 'mailroom.mjs'), ...words], { cwd: copy });
}

/** Changes a source for the length of a test. The time of its last change says nothing of it, as after `cp -p`. */
async function mended(path: string, change: (text: string) => string): Promise<AsyncDisposable> {
  const file = join(copy, path);
  const { atime, mtime } = await stat(file);
  const text = await readFile(file, 'utf8');
  expect(change(text)).not.toBe(text);
  await writeFile(file, change(text));
  await utimes(file, atime, mtime);
  return { [Symbol.asyncDispose]: () => writeFile(file, text) };
}

describe('a start', () => {
  test('is made ready once, and then reads one file', async () => {
    const first = await mailroom('serve', '--help');
    expect(first).toMatchObject({ status: 0, stderr: making, stdout: expect.stringContaining(line) });
    expect(await mailroom('serve', '--help')).toEqual({ ...first, stderr: '' });
    // As a copy of the whole project is: other times, the same words.
    await utimes(join(copy, serveSource), new Date(), new Date());
    expect(await mailroom('serve', '--help')).toEqual({ ...first, stderr: '' });
  });

  test('never runs what a source was before somebody mended it', async () => {
    await mailroom('serve', '--help');
    await using _other = await mended(serveSource, (text) => text.replace(line, otherLine));
    // A command that is over in a moment waits for no bundle.
    expect(await mailroom('help', 'serve')).toMatchObject({ stderr: '', stdout: expect.stringContaining(otherLine) });
    const served = await mailroom('serve', '--help');
    expect(served).toMatchObject({ stderr: making, stdout: expect.stringContaining(otherLine) });
    expect(await mailroom('serve', '--help')).toMatchObject({ stderr: '', stdout: served.stdout });
  });

  test('is made ready anew where it would be made in another way', async () => {
    await mailroom('serve', '--help');
    await using _other = await mended('scripts/build-bundle.mjs', (text) => `${text}\n`);
    expect((await mailroom('serve', '--help')).stderr).toBe(making);
  });

  test('says of an error where it was in the sources', async () => {
    const mark = 'export async function serve(context: CommandContext, options: CommonOptions): Promise<void> {\n';
    await using _broken = await mended(serveSource, (text) =>
      text.replace(mark, `${mark}  throw new TypeError('as somebody wrote it');\n`),
    );
    const { status, stderr } = await mailroom('serve');
    expect(status).toBe(70);
    const text = await readFile(join(copy, serveSource), 'utf8');
    const at = text.slice(0, text.indexOf('as somebody')).split('\n').length;
    expect(stderr).toContain('TypeError: as somebody wrote it');
    expect(stderr).toContain(`${join(copy, serveSource)}:${at}:`);
  });

  test('runs the sources where no file can be written, and where the program cannot be put together', async () => {
    await writeFile(bundles(), '');
    expect(await mailroom('serve', '--help')).toMatchObject({ stderr: '', stdout: expect.stringContaining(line) });
    await rm(bundles());
    await using _broken = await mended('scripts/build-bundle.mjs', (text) => text.replace('thread.ts', 'threads.ts'));
    const { stderr, stdout } = await mailroom('serve', '--help');
    expect(stderr).toContain('could not be put into one file and runs from its sources: ');
    expect(stdout).toContain(line);
  });
});

describe('a server that runs from one file', () => {
  test('tells each mistake in the words of the sources', async () => {
    const config = join(root, 'test', 'bad-configs');
    const files = ['alert-event-misspelt.yaml', 'client-key-too-short.yaml', 'cloud-is-unknown.yaml'];
    for (const file of files) {
      const { status, stderr } = await runProduct(['serve', '--config', join(config, file)]);
      const own = await mailroom('serve', '--config', join(config, file));
      expect(own).toMatchObject({ status, stderr: expect.stringContaining(stderr) });
    }
  });

  test('takes mail, and the index has it', async () => {
    const { folder, configFile } = await writeTestConfig();
    const server = spawn(
      process.execPath,
      [join(copy, 'bin/mailroom.mjs'), 'serve', '--json', '--config', configFile],
      {
        cwd: copy,
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    try {
      const [said] = await once(createInterface(server.stdout), 'line');
      const { listening }: { listening: { name: string; address: string }[] } = JSON.parse(said);
      const url = `smtp://${listening.find(({ name }) => name === 'open')?.address}`;
      const handed = await runProgram(
        process.execPath,
        [join(copy, 'bin/sendmail.mjs'), '-f', systemAccount, 'ann@contoso.example'],
        {
          input: 'Subject: from one file\n\nHello.\n',
          env: { MAILROOM_SENDMAIL_URL: url, MAILROOM_SENDMAIL_CONF: '/nonexistent' },
        },
      );
      expect(handed).toMatchObject({ status: 0, stderr: '' });
      const listed = await mailroom('queue', 'list', '--json', '--config', configFile);
      expect(listed.stdout).toContain('from one file');
    } finally {
      server.kill('SIGTERM');
      const [status] = await once(server, 'close');
      expect(status).toBe(0);
      await rm(folder, { recursive: true, force: true });
    }
  });
});
