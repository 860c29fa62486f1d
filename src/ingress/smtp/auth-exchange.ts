/**
 * AUTH PLAIN (RFC 4616) and LOGIN: reads a login and a password out of one or two lines of base64.
 */

export type AuthStep =
  /** Send this challenge (base64) and give the next line to `next`. */
  | { readonly kind: 'challenge'; readonly text: string }
  | { readonly kind: 'credentials'; readonly login: string; readonly password: string }
  /** `*`, or something that is not base64. */
  | { readonly kind: 'aborted' };

export type AuthExchange = (line: string) => AuthStep;

/** `VXNlcm5hbWU6` and `UGFzc3dvcmQ6`: the prompts that every client of LOGIN knows. */
const usernamePrompt = Buffer.from('Username:').toString('base64');
const passwordPrompt = Buffer.from('Password:').toString('base64');

/**
 * Begins an exchange. `initial` is the initial response, `=` for an empty one (RFC 4954 §4). Undefined when the mechanism
 * is not offered.
 */
export function beginAuth(
  mechanism: string,
  initial: string | undefined,
): { exchange: AuthExchange; step: AuthStep } | undefined {
  switch (mechanism.toUpperCase()) {
    case 'PLAIN': {
      const exchange: AuthExchange = readPlain;
      return { exchange, step: initial === undefined ? { kind: 'challenge', text: '' } : readPlain(initial) };
    }
    case 'LOGIN': {
      const exchange = createLogin();
      return {
        exchange,
        step: initial === undefined ? { kind: 'challenge', text: usernamePrompt } : exchange(initial),
      };
    }
    default:
      return undefined;
  }
}

function readPlain(line: string): AuthStep {
  const text = decodeBase64(line);
  const [authorization, login, password] = text?.split('\0') ?? [];
  if (text === undefined || login === undefined || password === undefined || text.split('\0').length !== 3)
    return { kind: 'aborted' };
  // Acting for somebody else is not offered; the identity may be left out or repeated.
  if (authorization !== '' && authorization !== login) return { kind: 'aborted' };
  return { kind: 'credentials', login, password };
}

function createLogin(): AuthExchange {
  let login: string | undefined;
  return (line) => {
    const text = decodeBase64(line);
    if (text === undefined) return { kind: 'aborted' };
    if (login !== undefined) return { kind: 'credentials', login, password: text };
    login = text;
    return { kind: 'challenge', text: passwordPrompt };
  };
}

function decodeBase64(line: string): string | undefined {
  if (line === '=') return '';
  if (line === '*' || !/^[A-Za-z\d+/]*={0,2}$/.test(line)) return undefined;
  return Buffer.from(line, 'base64').toString('utf8');
}
