/** A command of the product run in this process, as `mailroom` runs it; what it says is kept. */
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { packageVersion } from '../../src/cli/context.ts';
import { run } from '../../src/cli/run.ts';
import type { Person } from './person-with-browser.ts';

const root = dirname(dirname(import.meta.dirname));

export interface ProductRun {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProductWishes {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with all that was said so far, stdout first, each time that something is said. */
  readonly said?: (stdout: string) => void;
}

export async function runProduct(words: readonly string[], wishes: ProductWishes = {}): Promise<ProductRun> {
  let stdout = '';
  let stderr = '';
  const context = {
    env: wishes.env ?? {},
    root,
    version: packageVersion(root),
    stdin: Readable.from([Buffer.from(wishes.input ?? '')]),
    out: {
      isTTY: false,
      columns: Number.POSITIVE_INFINITY,
      write: (text: string | Uint8Array) => {
        stdout += text.toString();
        wishes.said?.(stdout);
      },
      drained: () => Promise.resolve(),
      error: (text: string) => {
        stderr += text;
        wishes.said?.(stdout + stderr);
      },
    },
    exitCode: 0,
  };
  const status = await run(context, words);
  return { status, stdout, stderr };
}

/** Runs a command that asks for a sign-in, by a code or by a browser, once or several times, while a person signs in. */
export async function runWithSignIn(words: readonly string[], person: Person): Promise<ProductRun> {
  const entered = new Map<string, Promise<unknown>>();
  const once = (key: string, enter: () => Promise<unknown>) => {
    if (!entered.has(key)) entered.set(key, enter());
  };
  const result = await runProduct(words, {
    said(text) {
      for (const [, url = '', code = ''] of text.matchAll(/Open (\S+) in a browser, enter the code (\w+)/g))
        once(code, () => person.enterCode(url, code));
      for (const [, address = ''] of text.matchAll(/sign in:\n(https:\S+)\n/g))
        once(address, () => person.accept(address));
    },
  });
  await Promise.all(entered.values());
  return result;
}
