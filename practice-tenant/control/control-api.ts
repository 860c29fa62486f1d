/**
 * `/_practice/…`: what a test or a person asks the practice tenant itself. For loopback alone: it has no login, so it
 * refuses what a web page of somebody else could make a browser send.
 */
import { z } from 'zod';
import type { Directory } from '../directory.ts';
import { endpoints, type FaultQueue } from '../faults/fault.ts';
import { headerText, type TenantRequest, type TenantResponse } from '../http/exchange.ts';
import type { RecordedRequest } from '../http/server.ts';
import type { Mailboxes, MailCopy } from '../mailboxes/mailboxes.ts';

export interface ControlParts {
  readonly directory: Directory;
  readonly faults: FaultQueue;
  readonly mailboxes: Mailboxes;
  readonly requests: () => readonly RecordedRequest[];
  readonly reset: () => void;
  readonly now: () => number;
}

const faultSchema = z.strictObject({
  endpoint: z.enum(endpoints).optional(),
  times: z.number().int().min(1).max(1_000_000).optional(),
  probability: z.number().min(0).max(1).optional(),
  action: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('answer'),
      status: z.number().int().min(200).max(599),
      headers: z.record(z.string().regex(/^[\w-]+$/), z.string().regex(/^[\x20-\x7e]*$/)).optional(),
      body: z.unknown().optional(),
      retryAfterSeconds: z.number().min(0).optional(),
      retryAfterAs: z.enum(['seconds', 'date']).optional(),
      acceptAnyway: z.boolean().optional(),
    }),
    z.strictObject({
      kind: z.literal('cut'),
      when: z.enum(['before-body', 'within-body', 'after-body', 'after-accepting']),
      afterBytes: z.number().int().min(0).optional(),
    }),
    z.strictObject({ kind: z.literal('delay'), ms: z.number().min(0).max(600_000) }),
  ]),
});

const appSchema = z.strictObject({
  roles: z.array(z.string()).optional(),
  disabled: z.boolean().optional(),
  /** ms since the epoch, for all its secrets. */
  secretsExpireAt: z.number().optional(),
});

const notFound: TenantResponse = { status: 404, body: { error: 'not found' } };

/** Whether a request comes from this machine's own tools: a loopback Host, and no Origin of another site. */
export function isLocalRequest(request: TenantRequest): boolean {
  const host = (headerText(request.headers, 'host') ?? '').replace(/:\d+$/, '');
  const origin = headerText(request.headers, 'origin');
  const hostIsLocal = ['localhost', '127.0.0.1', '[::1]'].includes(host);
  return hostIsLocal && (origin === undefined || origin === `https://${headerText(request.headers, 'host')}`);
}

export function answerControl(parts: ControlParts, request: TenantRequest): TenantResponse {
  if (!isLocalRequest(request)) return { status: 403, body: { error: 'only for this machine' } };
  const [what, name, format] = request.segments.slice(1);
  switch (`${request.method} ${what}`) {
    case 'GET tenant':
      return ok({
        tenantId: parts.directory.tenantId,
        domain: parts.directory.domain,
        accepted: parts.mailboxes.accepted,
      });
    case 'GET mailboxes':
      return name === undefined ? ok(parts.mailboxes.addresses()) : ok(parts.mailboxes.of(name).map(describe));
    case 'GET messages':
      return message(parts, name, format);
    case 'GET requests':
      return ok(parts.requests());
    case 'GET faults':
      return ok(parts.faults.list());
    case 'POST faults':
      return withBody(request, faultSchema, (fault) => {
        // An optional key that was left out must be absent, not undefined.
        parts.faults.add(JSON.parse(JSON.stringify(fault)));
        return { status: 204 };
      });
    case 'DELETE faults':
      parts.faults.clear();
      return { status: 204 };
    case 'PATCH apps':
      return withBody(request, appSchema, (change) => {
        const app = parts.directory.apps.get(name ?? '');
        if (!app) return notFound;
        if (change.roles) {
          app.roles.clear();
          for (const role of change.roles) app.roles.add(role);
        }
        if (change.disabled !== undefined) app.disabled = change.disabled;
        if (change.secretsExpireAt !== undefined)
          for (const secret of app.secrets) secret.expiresAt = change.secretsExpireAt;
        return { status: 204 };
      });
    case 'POST reset':
      parts.reset();
      return { status: 204 };
    default:
      return notFound;
  }
}

function message(parts: ControlParts, id: string | undefined, format: string | undefined): TenantResponse {
  const copy = parts.mailboxes.delivered().find((each) => each.id === id);
  if (!copy) return notFound;
  if (format !== 'raw') return ok(describe(copy));
  return copy.raw ? { status: 200, headers: { 'content-type': 'message/rfc822' }, body: copy.raw } : notFound;
}

function describe({ raw: _raw, ...rest }: MailCopy): object {
  return rest;
}

function ok(body: object): TenantResponse {
  return { status: 200, body };
}

function withBody<T>(request: TenantRequest, schema: z.ZodType<T>, use: (value: T) => TenantResponse): TenantResponse {
  let value: unknown;
  try {
    value = JSON.parse(request.body.toString('utf8'));
  } catch {
    return { status: 400, body: { error: 'The body is not JSON.' } };
  }
  const parsed = schema.safeParse(value);
  return parsed.success ? use(parsed.data) : { status: 400, body: { error: z.prettifyError(parsed.error) } };
}
