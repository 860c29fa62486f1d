/**
 * `/_practice/…`: what a test or a person asks the practice tenant itself. For loopback alone: it has no login, so it
 * refuses what a web page of somebody else could make a browser send. `?tenant=` names one of several tenants, by id or
 * domain; the first is meant without it.
 */
import { z } from 'zod';
import { approveConsentRequest, denyConsentRequest } from '../entra/consent-requests.ts';
import { type FaultQueue, faultSchema } from '../faults/fault.ts';
import { headerText, type TenantRequest, type TenantResponse } from '../http/exchange.ts';
import type { RequestLog } from '../http/request-log.ts';
import type { MailCopy } from '../mailboxes/mailboxes.ts';
import { PracticeApp } from '../practice-app.ts';
import { profileSchema } from '../profile.ts';
import type { Service, Tenant } from '../service.ts';

export type ControlledService = Service & { readonly faults: FaultQueue; readonly log: RequestLog };

const appSchema = z.strictObject({
  /** App roles, by value: these and no others. */
  roles: z.array(z.string()).optional(),
  disabled: z.boolean().optional(),
  /** ms since the epoch, for all its secrets. */
  secretsExpireAt: z.number().optional(),
});
const decisionSchema = z.strictObject({ decision: z.enum(['approve', 'deny']) });
const clockSchema = z.strictObject({ advanceMs: z.number() });

const notFound: TenantResponse = { status: 404, body: { error: 'not found' } };
const done: TenantResponse = { status: 204 };

/** Whether a request comes from this machine's own tools: a loopback Host, and no Origin of another site. */
export function isLocalRequest(request: TenantRequest): boolean {
  const host = (headerText(request.headers, 'host') ?? '').replace(/:\d+$/, '');
  const origin = headerText(request.headers, 'origin');
  const hostIsLocal = ['localhost', '127.0.0.1', '[::1]'].includes(host);
  return hostIsLocal && (origin === undefined || origin === `https://${headerText(request.headers, 'host')}`);
}

export function answerControl(service: ControlledService, request: TenantRequest): TenantResponse {
  if (!isLocalRequest(request)) return { status: 403, body: { error: 'only for this machine' } };
  const wanted = request.query.get('tenant');
  const tenant = wanted === null ? service.tenants[0] : service.tenant(wanted);
  if (!tenant) return notFound;
  const [what, name, format] = request.segments.slice(1);
  const { directory, mailboxes, profile } = tenant;
  switch (`${request.method} ${what}`) {
    case 'GET tenant':
      return ok({ tenantId: directory.tenantId, domain: directory.domain, accepted: mailboxes.accepted });
    case 'GET tenants':
      return ok(service.tenants.map((each) => ({ tenantId: each.directory.tenantId, domain: each.directory.domain })));
    case 'GET mailboxes':
      return name === undefined ? ok(mailboxes.addresses()) : ok(mailboxes.of(name).map(describe));
    case 'GET messages':
      return message(tenant, name, format);
    case 'GET requests':
      return ok(service.log.list());
    case 'GET faults':
      return ok(service.faults.list());
    case 'POST faults':
      return withBody(request, faultSchema, (fault) => {
        service.faults.add(fault);
        return done;
      });
    case 'DELETE faults':
      service.faults.clear();
      return done;
    case 'GET profile':
      return ok(profile);
    case 'PATCH profile':
      return withBody(request, profileSchema.partial(), (change) => {
        Object.assign(profile, change);
        service.changed();
        return ok(profile);
      });
    case 'GET clock':
      return ok({ now: service.clock.now(), offsetMs: service.clock.offsetMs });
    case 'POST clock':
      return withBody(request, clockSchema, ({ advanceMs }) => {
        service.clock.advance(advanceMs);
        service.changed();
        return ok({ now: service.clock.now(), offsetMs: service.clock.offsetMs });
      });
    case 'PATCH apps':
      return withBody(request, appSchema, (change) => changeApp(service, tenant, name ?? '', change));
    case 'GET consent-requests':
      return ok(directory.state.consentRequests);
    case 'POST consent-requests':
      return withBody(request, decisionSchema, ({ decision }) => {
        const decide = decision === 'approve' ? approveConsentRequest : denyConsentRequest;
        return decide(service, tenant, name ?? '') ? done : notFound;
      });
    case 'POST reset':
      mailboxes.clear();
      service.faults.clear();
      service.log.clear();
      return done;
    default:
      return notFound;
  }
}

function changeApp(
  service: ControlledService,
  { directory, profile }: Tenant,
  clientId: string,
  change: z.infer<typeof appSchema>,
): TenantResponse {
  const app = PracticeApp.of(directory, profile, service.clock.now, clientId);
  if (!app) return notFound;
  if (change.roles) {
    app.withdrawAll();
    for (const role of change.roles) app.grant(role);
  }
  if (change.disabled !== undefined) app.disabled = change.disabled;
  if (change.secretsExpireAt !== undefined) app.expireSecrets(change.secretsExpireAt);
  service.changed();
  return done;
}

function message({ mailboxes }: Tenant, id: string | undefined, format: string | undefined): TenantResponse {
  const copy = mailboxes.delivered().find((each) => each.id === id);
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
  if (!parsed.success) return { status: 400, body: { error: z.prettifyError(parsed.error) } };
  try {
    return use(parsed.data);
  } catch (error) {
    return { status: 400, body: { error: error instanceof Error ? error.message : 'refused' } };
  }
}
