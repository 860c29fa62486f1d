/** The way to the server: the client made from the OpenAPI document, and refusals as errors that say what to do. */
import createClient from 'openapi-fetch';
import type { components, paths } from './api.generated.ts';

/** Where the console is shown, without a slash at its end. */
export const baseUrl = new URL('.', document.baseURI).href.replace(/\/$/, '');

/** What app registrations are given; Entra takes an address without TLS for localhost alone. */
export const redirectUri = `${baseUrl.replace('//127.0.0.1', '//localhost')}/connectors/SMTP.aspx`;

export const ownHeaders = { 'x-mailroom-console': '1' };

export const client = createClient<paths>({ baseUrl, headers: ownHeaders });

export type Problem = components['schemas']['Problem'];

/** A refusal of the server. */
export class ProblemError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.title);
    this.problem = problem;
  }
}

interface Answered<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** The answer of a call. @throws ProblemError; TypeError when the server is away. */
export async function asked<T>(call: Promise<Answered<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (data !== undefined) return data;
  throw refusal(error, response);
}

/** Waits for a call that answers nothing. @throws as `asked`. */
export async function done(call: Promise<Answered<unknown>>): Promise<void> {
  const { error, response } = await call;
  if (!response.ok) throw refusal(error, response);
}

export function refusal(error: unknown, response: Response): Error {
  return isProblem(error) ? new ProblemError(error) : new Error(`${response.status} ${response.statusText}`);
}

export function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'title' in value && 'code' in value && 'remedy' in value;
}

/** Whether the session has ended, or never began. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof ProblemError && error.problem.code === 'auth-required';
}
