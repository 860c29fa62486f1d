/** An administrator of the tenant signs in for one job: by a code on any device, or by a browser that comes back here. */
import type { SignInWish } from '../admin/http/assistant-port.ts';
import { type SignedIn, type SignInOptions, signInAsAdministrator } from '../microsoft/administrator-sign-in.ts';
import type { JobTold } from './jobs.ts';
import type { SignIns } from './sign-ins.ts';

export interface SignInParts {
  readonly signIns: SignIns;
  readonly wish: SignInWish;
  readonly told: JobTold;
}

/** The token is used by the job and kept nowhere. @throws TokenError, or Error when nobody came in time */
export async function administrator(
  options: Pick<SignInOptions, 'login' | 'tenant' | 'clientId' | 'scopes' | 'connections'>,
  { signIns, wish, told }: SignInParts,
): Promise<SignedIn> {
  const { signal } = told;
  const clientId = wish.clientId ?? options.clientId;
  try {
    const signedIn = await signInAsAdministrator({
      ...options,
      clientId,
      now: Date.now,
      signal,
      show: ({ url, code }) => told.signIn({ url, code }),
      ...(wish.way === 'browser' ? { byRedirect: redirect(wish) } : {}),
    });
    told.line('info', `Signed in as ${signedIn.account}.`);
    return signedIn;
  } finally {
    told.signIn(undefined);
  }

  function redirect({ redirectUri, returnTo }: Extract<SignInWish, { way: 'browser' }>) {
    const { state, answer } = signIns.give(returnTo, signal);
    return {
      redirectUri,
      state,
      visit: (url: string) => {
        told.signIn({ url });
        return answer();
      },
    };
  }
}
