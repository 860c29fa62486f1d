/** What a route of the console's interface declares: the OpenAPI document, the checks and the tests all read it. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Fault } from '../../domain/catalogue.ts';
import type { Role, User } from './accounts.ts';

/** Who may call: anybody, or a signed-in user of at least that role. */
export type Audience = 'stranger' | Role;

interface Declaration {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With names in braces: `/api/messages/{id}`. */
  readonly path: string;
  /** Name of the operation in the document and in its client. */
  readonly id: string;
  readonly summary: string;
  readonly audience: Audience;
  /** Refusals beyond those that every route has. */
  readonly faults?: readonly Fault['code'][];
  /** Media type of the answer, where it is not JSON: then the handler sends it itself. */
  readonly produces?: string;
}

/** Who asks. */
export interface Caller {
  readonly name: string;
  readonly address: string;
  /** Absent for a stranger. */
  readonly user: User | undefined;
}

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly caller: Caller;
}

export interface ConsoleRoute extends Declaration {
  /** Fields `params`, `query` and `body`, as far as there are any. */
  readonly takes: z.ZodObject;
  /** What is not in it never leaves the server. */
  readonly answer: z.ZodType;
  /** @throws ZodError when the request does not fit, FaultError for every other refusal. */
  run(exchange: Exchange): Promise<unknown>;
}

/** For routes that take nothing. */
export const nothing = z.object({});
/** For routes that answer nothing, or something that the handler sends itself. */
export const silence = z.undefined();

/** Declares a route; the types of its handler come from its schemas. */
export function route<T extends z.ZodObject, A extends z.ZodType>(
  declaration: Declaration & { readonly takes: T; readonly answer: A },
  handle: (input: z.output<T>, exchange: Exchange) => Promise<z.input<A>> | z.input<A>,
): ConsoleRoute {
  const { takes, answer } = declaration;
  return {
    ...declaration,
    async run(exchange) {
      const { params, query, body } = exchange.request;
      const input = await takes.parseAsync({ params, query, body: body ?? {} });
      return answer.parse(await handle(input, exchange));
    },
  };
}
