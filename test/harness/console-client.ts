/** A browser without a screen: keeps the console's cookie and sends what the console's own page would send. */
import { request } from 'undici';

export interface ConsoleAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  json(): Record<string, unknown>;
}

export class ConsoleClient {
  /** With a slash at its end. */
  readonly url: string;
  cookie: string | undefined;

  constructor(url: string) {
    this.url = url;
  }

  /** @param path below the console's own, such as `api/overview`; headers given as undefined are left out. */
  async ask(
    method: string,
    path: string,
    body?: object,
    headers: Readonly<Record<string, string | undefined>> = {},
  ): Promise<ConsoleAnswer> {
    const all = {
      'x-mailroom-console': '1',
      origin: new URL(this.url).origin,
      cookie: this.cookie,
      'content-type': body === undefined ? undefined : 'application/json',
      ...headers,
    };
    const given: Record<string, string> = {};
    for (const [name, value] of Object.entries(all)) if (value !== undefined) given[name] = value;
    const answer = await request(new URL(path, this.url), {
      method,
      headers: given,
      body: body === undefined ? null : JSON.stringify(body),
    });
    const set = [answer.headers['set-cookie'] ?? []].flat().find((cookie) => cookie.startsWith('mailroom_session='));
    if (set !== undefined) this.cookie = set.split(';', 1)[0];
    const text = await answer.body.text();
    return { status: answer.statusCode, headers: answer.headers, text, json: () => JSON.parse(text) };
  }

  /** Sets a password by a one-time link, and is signed in then. */
  async redeem(token: string, name: string, password = samplePassword): Promise<ConsoleAnswer> {
    return this.ask('POST', 'api/first-run', { token, name, password });
  }

  async signIn(name: string, password = samplePassword): Promise<ConsoleAnswer> {
    return this.ask('POST', 'api/session', { name, password });
  }
}

export const samplePassword = 'correct horse battery';

/** The token behind the # of a one-time link. */
export function tokenOf(link: string | undefined): string {
  return new URL(link ?? 'http://none.example').hash.slice(1);
}

/** Signs the first administrator in, and makes one user of each lower role. */
export async function consoleUsers(url: string, firstRunUrl: string | undefined) {
  const administrator = new ConsoleClient(url);
  await administrator.redeem(tokenOf(firstRunUrl), 'ada');
  const made = async (name: string, role: string) => {
    const client = new ConsoleClient(url);
    const { token } = (await administrator.ask('POST', 'api/users', { name, role })).json();
    await client.redeem(String(token), name);
    return client;
  };
  return {
    stranger: new ConsoleClient(url),
    viewer: await made('vera', 'viewer'),
    operator: await made('otto', 'operator'),
    administrator,
  };
}
