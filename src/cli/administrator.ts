/** An administrator signs in for one command: by a code that is entered in a browser, anywhere. Nothing of it is kept. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { type SignedIn, signInAsAdministrator } from '../microsoft/administrator-sign-in.ts';
import { type Connections, openConnections } from '../microsoft/connections.ts';
import { TokenError } from '../microsoft/token-error.ts';
import type { CommandContext } from './context.ts';
import { CommandError } from './exit-codes.ts';

export interface AdministratorOptions {
  readonly login: string;
  readonly tenant: string;
  readonly clientId: string;
  /** With their resource. */
  readonly scopes: readonly string[];
  readonly connections: Connections;
  /** By a browser of this machine in place of a code. */
  readonly browser?: boolean | undefined;
}

/** @throws CommandError when the sign-in did not work */
export async function administrator({ out }: CommandContext, options: AdministratorOptions): Promise<SignedIn> {
  try {
    const { browser, ...rest } = options;
    const openBrowser = (url: string) => {
      out.write(`Open this address in a browser of this machine, and sign in:\n${url}\n`);
      return Promise.resolve();
    };
    const signedIn = await signInAsAdministrator({
      ...rest,
      ...(browser ? { openBrowser } : {}),
      now: Date.now,
      show: ({ url, code, expiresInSeconds }) =>
        out.write(
          `Open ${url} in a browser, enter the code ${code}, and sign in.\nWaiting for that, ${Math.round(expiresInSeconds / 60)} minutes at most. Where the page wants an approval, have an administrator sign in who may give it.\n`,
        ),
    });
    out.write(`Signed in as ${signedIn.account}.\n`);
    return signedIn;
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    throw new CommandError('noPermission', sentenceOf(error));
  }
}

/** A sign-in that came to nothing, in a sentence with the way on. */
function sentenceOf({ refusal }: TokenError): string {
  const { error, description } = refusal;
  if (error === 'authorization_declined')
    return 'The sign-in was declined at the page. Run this again to be asked anew.';
  if (error === 'expired_token' || error === 'code_expired' || /device_code_expired/.test(description))
    return 'Nobody signed in before the code ended. Run this again; where the page says that codes are blocked, use --browser.';
  return `The sign-in did not work: ${description}`;
}

/** Connections that trust a further authority where one is named. */
export function connectionsTrusting(caFile: string | undefined): Connections {
  return openConnections(caFile === undefined ? {} : { ca: readFileSync(caFile, 'utf8') });
}

export async function agrees({ stdin, out }: CommandContext): Promise<boolean> {
  const lines = createInterface({ input: stdin });
  out.write('Go on? [y/N] ');
  const answer = await new Promise<string>((tell) => {
    lines.once('line', tell);
    lines.once('close', () => tell(''));
  });
  lines.close();
  return /^y(?:es)?$/i.test(answer.trim());
}
