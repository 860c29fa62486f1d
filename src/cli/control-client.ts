/**
 * The operator's hands on a running server, through its control socket; or, when none runs, on the store itself, opened by
 * this process alone.
 */

import { Client } from 'undici';
import { z } from 'zod';
import type { MessageFilter } from '../admin/message-query.ts';
import type { Status } from '../admin/operator.ts';
import { createOperator, type Operator } from '../admin/operator.ts';
import type { MessageTrail, QueuedMessage } from '../domain/message.ts';
import { createLogger } from '../observe/logger.ts';
import { systemClock } from '../observe/system-clock.ts';
import type { InterventionResult } from '../queue/store.ts';
import { openEmbeddedStore } from '../storage/embedded/open.ts';
import { type CommandContext, type CommonOptions, readConfig } from './context.ts';
import { becomeOwnerOf } from './data-folder-owner.ts';
import { CommandError } from './exit-codes.ts';

interface SocketAnswer {
  readonly status: number;
  readonly bytes: Buffer;
}

/** Longest wait for an answer, in ms: the largest export page or a retry of a thousand messages is done long before. */
const answerMs = 60_000;

/** Requests to the control socket. */
export class ControlClient {
  readonly #client: Client;
  readonly #socket: string;

  constructor(socket: string) {
    this.#socket = socket;
    this.#client = new Client('http://localhost', {
      socketPath: socket,
      headersTimeout: answerMs,
      bodyTimeout: answerMs,
    });
  }

  /** One request. @throws CommandError when the server cannot be reached or goes away. */
  async request(method: 'GET' | 'POST', path: string, body?: object | Buffer): Promise<SocketAnswer> {
    const isBytes = Buffer.isBuffer(body);
    try {
      const answer = await this.#client.request({
        method,
        path,
        body: body === undefined ? null : isBytes ? body : JSON.stringify(body),
        headers: body === undefined ? {} : { 'content-type': isBytes ? 'message/rfc822' : 'application/json' },
      });
      return { status: answer.statusCode, bytes: Buffer.from(await answer.body.arrayBuffer()) };
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'EACCES' || code === 'EPERM')
        throw new CommandError(
          'noPermission',
          `You may not open ${this.#socket}; run this as the user that Mailroom runs as, or as root.`,
        );
      throw new CommandError(
        'tempFail',
        `The server on ${this.#socket} does not answer (${code ?? 'unknown error'}).`,
        {
          cause: error,
        },
      );
    }
  }

  /** JSON of a good answer; undefined for 404. */
  async json<T>(method: 'GET' | 'POST', path: string, body?: object | Buffer): Promise<T | undefined> {
    const answer = await this.request(method, path, body);
    if (answer.status === 404) return undefined;
    if (answer.status >= 400) throw new CommandError('unavailable', errorText(answer.bytes));
    return answer.status === 204 ? undefined : JSON.parse(answer.bytes.toString('utf8'));
  }

  /** Whether a server listens there. @throws CommandError when this user may not ask. */
  async alive(): Promise<boolean> {
    try {
      return (await this.request('GET', '/status')).status === 200;
    } catch (error) {
      if (error instanceof CommandError && error.exit === 'tempFail') return false;
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

const errorSchema = z.object({ error: z.string() });

function errorText(bytes: Buffer): string {
  try {
    return errorSchema.parse(JSON.parse(bytes.toString('utf8'))).error;
  } catch {
    return bytes.toString('utf8').slice(0, 500);
  }
}

function remoteOperator(control: ControlClient): Operator {
  const needed = async <T>(answer: Promise<T | undefined>): Promise<T> => {
    const value = await answer;
    if (value === undefined)
      throw new CommandError('unavailable', 'The server gave no answer to that; is it of the same version?');
    return value;
  };
  const connector = async (name: string, action: 'pause' | 'resume', detail: string) =>
    (await control.request('POST', `/connectors/${encodeURIComponent(name)}/${action}`, { by: detail })).status === 204;
  return {
    status: () => needed(control.json<Status>('GET', '/status')),
    list: (filter) => needed(control.json<QueuedMessage[]>('GET', `/messages?${queryOf(filter)}`)),
    trail: (id) => control.json<MessageTrail>('GET', `/messages/${encodeURIComponent(id)}`),
    async raw(id) {
      const answer = await control.request('GET', `/messages/${encodeURIComponent(id)}/raw`);
      return answer.status === 200 ? answer.bytes : undefined;
    },
    intervene: (action, ids, by, detail) =>
      needed(
        control.json<InterventionResult>('POST', '/interventions', { action, ids, by, ...(detail ? { detail } : {}) }),
      ),
    pauseConnector: (name, detail) => connector(name, 'pause', detail),
    resumeConnector: (name, detail) => connector(name, 'resume', detail),
  };
}

function queryOf(filter: MessageFilter): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) {
    if (value === undefined) continue;
    for (const each of Array.isArray(value) ? value : [value]) query.append(name, String(each));
  }
  return query;
}

/** Gives `use` an operator: of the running server, or of the store when none runs. */
export async function withOperator<T>(
  context: CommandContext,
  options: CommonOptions,
  use: (operator: Operator) => Promise<T>,
): Promise<T> {
  const { config } = readConfig(context, options);
  const control = new ControlClient(config.control.socket);
  try {
    if (await control.alive()) return await use(remoteOperator(control));
  } finally {
    await control.close();
  }
  becomeOwnerOf(config.dataDir);
  const logger = createLogger('warn');
  const store = await openEmbeddedStore({ dir: config.dataDir, clock: systemClock, logger }).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : 'unknown error';
    throw new CommandError(
      'tempFail',
      `No server answers on ${config.control.socket}, and the store cannot be opened: ${why}`,
    );
  });
  try {
    return await use(
      createOperator({
        store,
        clock: systemClock,
        version: context.version,
        lifetimeMs: config.queue.expireAfter,
        connectors: config.connectors.map((connector) => connector.name),
      }),
    );
  } finally {
    await store.close();
  }
}
