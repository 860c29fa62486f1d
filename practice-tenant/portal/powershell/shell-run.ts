/** What a command at the prompt works with, and how it asks the person who typed it. */
import type { ShellSession } from './shell.ts';

/** The shell shows the prompt and waits; what comes back is the answer. */
export type Question =
  | { readonly kind: 'text'; readonly prompt: string }
  | { readonly kind: 'sign-in'; readonly address: string; readonly error?: string };

export type Answer =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'sign-in'; readonly address: string; readonly password: string };

/** A command that may ask before it is done. What it returns flows on in the pipeline. */
export type Run<T> = Generator<Question, T, Answer>;

/** Text that is written as it stands: what Format-List and its like make. */
export class Formatted {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Says it, with the prefix that PowerShell gives errors of this kind. */
export class ShellError extends Error {}

export function notRecognized(name: string): ShellError {
  return new ShellError(
    `${name}: The term '${name}' is not recognized as a name of a cmdlet, function, script file, or executable program.\nCheck the spelling of the name, or if a path was included, verify that the path is correct and try again.`,
  );
}

export interface ShellCall {
  readonly session: ShellSession;
  /** What flows in; undefined at the beginning of a pipeline. */
  readonly input: readonly unknown[] | undefined;
}

/** Asks for one line. */
export function* ask(prompt: string): Run<string> {
  const answer = yield { kind: 'text', prompt };
  return answer.kind === 'text' ? answer.text : '';
}

const yes = ['y', 'yes', 'a'];
const no = ['n', 'no', 'l', 's'];

/** Asks until it is one of the letters; nothing is the default. */
export function* confirm(session: ShellSession, text: string, byDefault: 'Y' | 'N'): Run<boolean> {
  session.write(text);
  for (;;) {
    const typed = yield* ask(`[Y] Yes  [A] Yes to All  [N] No  [L] No to All  (default is "${byDefault}"): `);
    const word = typed.trim().toLowerCase() || byDefault.toLowerCase();
    if (yes.includes(word)) return true;
    if (no.includes(word)) return false;
  }
}
