/** `mailroom send --smtp` and `--http`: the same message, handed in as an application would, to prove its way in. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { z } from 'zod';
import { CommandError } from './exit-codes.ts';
import { deliverBySmtp, exitFor } from './sendmail-smtp.ts';

export interface ElsewhereOptions {
  readonly smtp?: string;
  readonly http?: string;
  readonly user?: string;
  readonly passwordFile?: string;
  readonly apiKeyFile?: string;
  readonly caFile?: string;
}

export interface ReadyMessage {
  readonly from: string;
  readonly to: readonly string[];
  readonly bytes: Buffer;
}

/** Hands it in by SMTP. Resolves when it was accepted. @throws CommandError with the reply otherwise. */
export async function sendBySmtp(url: string, options: ElsewhereOptions, message: ReadyMessage): Promise<void> {
  try {
    await deliverBySmtp({
      url: checkedUrl(url, /^smtps?:$/, '--smtp', 'smtp://mail.example.com:587 or smtps://mail.example.com:465'),
      user: options.user,
      password: options.passwordFile === undefined ? undefined : secretIn(options.passwordFile),
      caPem: options.caFile === undefined ? undefined : textOf(options.caFile),
      tlsName: undefined,
      from: message.from,
      recipients: message.to,
      message: message.bytes,
    });
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const { name, sentence } = exitFor(error);
    throw new CommandError(name, sentence, { cause: error });
  }
}

const acceptedSchema = z.object({ id: z.string(), statusUrl: z.string() });
const statusSchema = z.looseObject({ state: z.string() });
const problemSchema = z.object({ code: z.string(), detail: z.string().optional(), title: z.string().optional() });

/** What the server said about the message at last. */
export type HttpFate = z.output<typeof statusSchema>;

/** Hands it in by HTTP and asks for its fate until `isFinal` or the time is over. @throws CommandError with the refusal. */
export async function sendByHttp(
  url: string,
  options: ElsewhereOptions,
  message: ReadyMessage,
  wait: { readonly ms: number; readonly isFinal: (state: string) => boolean },
): Promise<HttpFate> {
  const base = checkedUrl(url, /^https?:$/, '--http', 'https://mail.example.com:8025');
  if (options.apiKeyFile === undefined)
    throw new CommandError('usage', '--http needs --api-key-file FILE with the API key of the client.');
  const authorization = `Bearer ${secretIn(options.apiKeyFile)}`;
  const dispatcher = new Agent(options.caFile === undefined ? {} : { connect: { ca: textOf(options.caFile) } });
  const ask = async (method: 'GET' | 'POST', path: string, body?: Buffer) => {
    const headers = { authorization, ...(body ? { 'content-type': 'message/rfc822' } : {}) };
    const answer = await request(new URL(path, base), { method, headers, dispatcher, body: body ?? null }).catch(
      (error: unknown) => {
        throw new CommandError(
          'tempFail',
          `${base.origin} does not answer: ${error instanceof Error ? error.message : error}`,
          {
            cause: error,
          },
        );
      },
    );
    const text = await answer.body.text();
    if (answer.statusCode >= 400) throw refusal(answer.statusCode, text);
    return readJson(text);
  };
  try {
    const query = new URLSearchParams([['from', message.from], ...message.to.map((to) => ['to', to])]);
    const { statusUrl } = acceptedSchema.parse(await ask('POST', `/v1/messages?${query}`, message.bytes));
    for (const deadline = Date.now() + wait.ms; ; ) {
      const fate = statusSchema.parse(await ask('GET', statusUrl));
      if (wait.isFinal(fate.state) || Date.now() > deadline) return fate;
      await pause(200);
    }
  } finally {
    await dispatcher.close();
  }
}

function refusal(status: number, text: string): CommandError {
  const problem = problemSchema.safeParse(readJson(text));
  const words = problem.success
    ? `${problem.data.code}: ${problem.data.detail ?? problem.data.title ?? ''}`
    : text.slice(0, 300);
  const sentence = `The server refused the message with ${status} (${words}).`;
  if (status === 401 || status === 403) return new CommandError('noPermission', sentence);
  return new CommandError(status === 429 || status >= 500 ? 'tempFail' : 'unavailable', sentence);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function checkedUrl(text: string, protocol: RegExp, option: string, example: string): URL {
  const url = URL.parse(text);
  if (url && protocol.test(url.protocol) && url.hostname !== '' && url.password === '') return url;
  // Not repeated: it may hold a password.
  throw new CommandError('usage', `${option} needs a URL such as ${example}, without login and password in it.`);
}

function secretIn(file: string): string {
  return textOf(file).trim();
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandError('data', `${file} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}
