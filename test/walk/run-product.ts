/** A command of the product run in this process, as `mailroom` runs it; what it says is kept. */
import { Readable } from 'node:stream';
import { packageVersion } from '../../src/cli/context.ts';
import { run } from '../../src/cli/run.ts';

const root = import.meta.dirname.replace(/[\\/]test[\\/]walk$/, '');

export async function runProduct(
  words: readonly string[],
  input = '',
): Promise<{ readonly status: number; readonly stdout: string; readonly stderr: string }> {
  let stdout = '';
  let stderr = '';
  const status = await run(
    {
      env: {},
      root,
      version: packageVersion(root),
      stdin: Readable.from([Buffer.from(input)]),
      out: {
        isTTY: false,
        columns: Number.POSITIVE_INFINITY,
        write: (text) => {
          stdout += text.toString();
        },
        drained: () => Promise.resolve(),
        error: (text) => {
          stderr += text;
        },
      },
      exitCode: 0,
    },
    words,
  );
  return { status, stdout, stderr };
}
