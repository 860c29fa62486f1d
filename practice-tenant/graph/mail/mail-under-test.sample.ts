/** A tenant for tests of mail: no sockets and no tokens, and requests as a client would make them. */
import { VirtualClock } from '../../clock.ts';
import { clouds } from '../../clouds.ts';
import { Directory } from '../../directory/directory.ts';
import type { TenantUser } from '../../directory/directory-state.ts';
import { emptyDirectory } from '../../directory/empty-directory.ts';
import { addUser, type UserOptions } from '../../directory/users.ts';
import type { TenantRequest, TenantResponse } from '../../http/exchange.ts';
import { reportTraffic } from '../../http/traffic.ts';
import { TrafficLimits } from '../../limits/traffic-limits.ts';
import { type KeepBodies, Mailboxes } from '../../mailboxes/mailboxes.ts';
import { type Profile, profiles } from '../../profile.ts';
import type { Caller } from '../authorise.ts';
import { GraphRefusal, refusalAnswer } from '../graph-error.ts';
import { graphPath } from '../graph-path.ts';
import { answerMail } from './answer-mail.ts';
import { answerUpload } from './upload-session.ts';

export const sender = 'noreply@contoso.example';
export const ada = 'ada@contoso.example';
export const world = 'bob@world.example';

export interface Asked {
  readonly body?: unknown;
  /** In place of `body`: base64 of MIME. */
  readonly mime?: string;
  /** In place of `body`. */
  readonly rawBody?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly caller?: Partial<Caller>;
}

export function mailUnderTest(limits: Partial<Profile> = {}, keepBodies: KeepBodies = 'all') {
  const clock = new VirtualClock(() => Date.parse('2026-11-24T09:00:00Z'));
  const names = { tenantId: '11111111-2222-4333-8444-555555555555', domains: ['contoso.example'] };
  const directory = new Directory(emptyDirectory(names, clouds.global, clock.now()));
  const profile = { ...profiles.documented, ...limits };
  const mailboxes = new Mailboxes(keepBodies, clock);
  const tenant = { directory, mailboxes, profile, limits: new TrafficLimits(profile, clock) };
  const service = {
    origin: 'https://localhost:8443',
    uploadOrigin: 'https://127.0.0.1:8444',
    clock,
    tenant: (name: string) => (name === names.tenantId ? tenant : undefined),
  };
  const user = (address: string, options: UserOptions = {}): TenantUser =>
    directory.user(address) ?? addUser(directory, address, options, clock.now());
  user(sender, { displayName: 'No Reply' });
  user(ada, { displayName: 'Ada' });

  const roles = ['Mail.Send', 'Mail.ReadWrite'];
  const app: Caller = { tenant, appId: 'app-1', oid: 'sp-1', roles, scopes: [], isApp: true, directoryRoles: [] };
  /** Somebody who is signed in. */
  const person = (address: string, scopes: readonly string[]): Caller => ({
    ...app,
    oid: user(address).id,
    roles: [],
    scopes,
    isApp: false,
  });

  function requestOf(method: string, url: URL, asked: Asked): TenantRequest {
    const { body, mime, rawBody, headers } = asked;
    const type = mime === undefined ? 'application/json' : 'text/plain';
    const text = mime === undefined ? JSON.stringify(body ?? '') : Buffer.from(mime).toString('base64');
    return {
      method,
      segments: url.pathname.split('/').filter(Boolean).map(decodeURIComponent),
      query: url.searchParams,
      headers: { 'content-type': type, ...headers },
      body: rawBody ?? (body === undefined && mime === undefined ? Buffer.alloc(0) : Buffer.from(text)),
    };
  }

  async function asAnswered(request: TenantRequest, answer: () => Promise<TenantResponse>) {
    let response: TenantResponse;
    try {
      response = await answer();
    } catch (error) {
      if (!(error instanceof GraphRefusal)) throw error;
      response = refusalAnswer(error, { now: clock.now(), clientRequestId: undefined });
    }
    reportTraffic({ request, response });
    const { status, headers = {}, body } = response;
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : '');
    const json = typeof body === 'object' && !Buffer.isBuffer(body) ? JSON.parse(JSON.stringify(body)) : undefined;
    return { status, headers, json, bytes, hasBody: body !== undefined, code: json?.error?.code };
  }

  /** Asks Graph: `ask('GET', '/messages')` for the sender's mailbox, or a whole path below /users or /me. */
  function ask(method: string, path: string, asked: Asked = {}) {
    const whole = /^\/(?:users|me)\b/.test(path) ? path : `/users/${sender}${path}`;
    const url = new URL(`https://localhost/v1.0${whole}`);
    const request = requestOf(method, url, asked);
    const [collection, id = '', ...rest] = graphPath(request.segments);
    const isMe = collection === 'me';
    const mailPath = isMe ? { user: 'me', rest: [id, ...rest].filter(Boolean) } : { user: id, rest };
    return asAnswered(request, () => answerMail(service, request, { ...app, ...asked.caller }, mailPath));
  }

  /** Asks the host of uploads. */
  function upload(method: string, address: string, asked: Asked = {}) {
    const request = requestOf(method, new URL(address), asked);
    return asAnswered(request, () => answerUpload(service, request));
  }

  /** Copies in an inbox or another folder, with their text. */
  const copies = (address: string, folder?: Parameters<Mailboxes['of']>[1]) =>
    mailboxes.of(address, folder).map(({ raw, ...rest }) => ({ ...rest, text: raw?.toString('latin1') ?? '' }));

  return { ask, upload, copies, user, person, app, service, tenant, directory, mailboxes, clock, profile };
}

export const jsonMessage = (more: object = {}) => ({
  subject: 'hello',
  body: { contentType: 'Text', content: 'text' },
  toRecipients: [{ emailAddress: { address: ada } }],
  ...more,
});
