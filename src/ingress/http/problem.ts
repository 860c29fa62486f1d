/** Faults as problem details (RFC 9457). The public text goes out; the detail of a fault goes into the log. */
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { catalogueRow, type Fault, FaultError } from '../../domain/catalogue.ts';
import type { Problem } from './message-schemas.ts';

export const problemType = 'application/problem+json';

/** Fields that one answer names, and characters that it says of each: a request of a million mistakes is told no more. */
const mostErrors = 20;
const mostCharacters = 300;

/** A request that does not fit its schema. */
export class RequestError extends FaultError {
  readonly errors: NonNullable<Problem['errors']>;
  constructor(error: z.ZodError, within = '') {
    const all = fieldErrors(error.issues.slice(0, mostErrors), within).slice(0, mostErrors);
    const errors = all.map(({ pointer, detail }) => ({
      pointer: pointer.slice(0, mostCharacters),
      detail: detail.slice(0, mostCharacters),
    }));
    super({ code: 'request-invalid', detail: errors.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; ') });
    this.errors = errors;
  }
}

function fieldErrors(issues: readonly z.core.$ZodIssue[], base: string): { pointer: string; detail: string }[] {
  return issues.flatMap((issue) => {
    const pointer = issue.path.reduce<string>((text, step) => `${text}/${escaped(String(step))}`, base);
    const inner =
      issue.code === 'invalid_union'
        ? issue.errors.find((errors) => errors.some((each) => each.path.length > 0))
        : undefined;
    if (inner) return fieldErrors(inner, pointer);
    if (issue.code === 'invalid_key') return issue.issues.map((each) => ({ pointer, detail: each.message }));
    return [{ pointer, detail: issue.message }];
  });
}

function escaped(step: string): string {
  return step.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** The problem of a fault. */
export function problemOf(fault: Fault, errors?: Problem['errors']): Problem {
  const row = catalogueRow(fault.code);
  return {
    type: `/docs/reference/errors.md#${fault.code}`,
    title: row.text,
    status: row.http ?? 400,
    code: fault.code,
    ...(fault.text === undefined ? {} : { detail: fault.text }),
    ...(errors ? { errors } : {}),
  };
}

/** Seconds after which a refusal for now is worth another try. */
const retryAfterSeconds = 30;

/** Answers with a fault. */
export function sendProblem(reply: FastifyReply, fault: Fault, errors?: Problem['errors']): FastifyReply {
  const body = problemOf(fault, errors);
  if (body.status === 401) reply.header('www-authenticate', 'Bearer realm="mailroom"');
  if ([429, 503, 507].includes(body.status)) reply.header('retry-after', String(retryAfterSeconds));
  return reply.code(body.status).type(problemType).send(JSON.stringify(body));
}
