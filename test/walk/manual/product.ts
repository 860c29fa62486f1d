/** The product as a process of its own, talked to as a person at a terminal does: what it asks is answered. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';

const root = dirname(dirname(dirname(import.meta.dirname)));

export interface Reply {
  /** Found in what was said since the last answer. */
  readonly when: RegExp;
  /** What is typed; undefined: nothing, it was enough to act. */
  readonly act: (match: RegExpExecArray) => Promise<string | undefined> | string | undefined;
}

export interface Talk {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface TalkOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Each is used once, in any order. */
  readonly replies?: readonly Reply[];
}

/** Runs a script of the project, such as `src/cli/main.ts`, to its end. */
export async function talk(script: string, words: readonly string[], options: TalkOptions = {}): Promise<Talk> {
  const child = spawn(process.execPath, [join(root, script), ...words], {
    cwd: root,
    stdio: 'pipe',
    env: { PATH: process.env['PATH'] ?? '', ...options.env },
  });
  const open = [...(options.replies ?? [])];
  let stdout = '';
  let stderr = '';
  let answeredUpTo = 0;
  let acting = Promise.resolve();
  child.stdin.on('error', () => undefined);
  if (open.length === 0) child.stdin.end(options.input ?? '');
  const look = async () => {
    const index = open.findIndex(({ when }) => when.test(stdout.slice(answeredUpTo)));
    const [reply] = index === -1 ? [] : open.splice(index, 1);
    const match = reply?.when.exec(stdout.slice(answeredUpTo));
    if (!reply || !match) return;
    answeredUpTo = stdout.length;
    const typed = await reply.act(match);
    if (typed !== undefined) child.stdin.write(`${typed}\n`);
    if (open.length === 0) child.stdin.end();
    await look();
  };
  child.stdout.on('data', (bytes: Buffer) => {
    stdout += bytes.toString();
    acting = acting.then(look);
  });
  child.stderr.on('data', (bytes: Buffer) => {
    stderr += bytes.toString();
  });
  const failed = new Promise<never>((_resolve, reject) => {
    child.stdout.on('data', () => acting.catch(reject));
  });
  const [code]: unknown[] = await Promise.race([once(child, 'close'), failed]);
  return { status: typeof code === 'number' ? code : -1, stdout, stderr };
}

export function mailroom(words: readonly string[], options: TalkOptions = {}): Promise<Talk> {
  return talk('src/cli/main.ts', words, options);
}
