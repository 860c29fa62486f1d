/**
 * POST /adminapi/beta/{tenant}/InvokeCommand: what the PowerShell module of Exchange Online calls. Microsoft does not
 * document it; requests and answers are as they have been seen.
 */
import { z } from 'zod';
import { headerText, type TenantRequest, type TenantResponse } from '../http/exchange.ts';
import type { Service, Tenant } from '../service.ts';
import { CmdletError } from './cmdlets/cmdlet.ts';
import { type Operator, runCmdlet } from './cmdlets/run-cmdlet.ts';

const bodySchema = z.looseObject({
  CmdletInput: z.looseObject({
    CmdletName: z.string(),
    Parameters: z.record(z.string(), z.unknown()).default({}),
  }),
});

const statuses = { NotFound: 404, BadRequest: 400, Forbidden: 403 } as const;

export async function answerExchange(service: Service, request: TenantRequest): Promise<TenantResponse | undefined> {
  const [, version, name = '', action] = request.segments;
  if (version?.toLowerCase() !== 'beta' || action?.toLowerCase() !== 'invokecommand') return undefined;
  if (request.method !== 'POST') return { status: 405 };
  const tenant = service.tenant(name);
  if (!tenant) return failure(404, 'NotFound', `The tenant '${name}' was not found.`, '');
  const operator = await operatorOf(service, tenant, request);
  if (operator === undefined) return { status: 401, headers: { 'www-authenticate': 'Bearer' } };
  const read = readBody(request.body);
  if (!read) return failure(400, 'BadRequest', 'The request body is not a CmdletInput.', 'System.ArgumentException');
  const { CmdletName, Parameters } = read.CmdletInput;
  try {
    const value = runCmdlet(service, tenant, operator, CmdletName, Parameters);
    return page(service, request, value);
  } catch (error) {
    if (!(error instanceof CmdletError)) throw error;
    // A cmdlet that is not there, or not for this caller, is answered with nothing that could be read.
    if (error.problem === 'Forbidden')
      return { status: 403, headers: { 'content-type': 'text/html' }, body: Buffer.alloc(64) };
    return failure(statuses[error.problem], error.problem, error.message, error.exception);
  }
}

/** Whoever holds a token for Exchange: an app with Exchange.ManageAsApp and a directory role, or a person with one. */
async function operatorOf(service: Service, tenant: Tenant, request: TenantRequest): Promise<Operator | undefined> {
  const token = /^Bearer +(\S+)$/i.exec(headerText(request.headers, 'authorization') ?? '')?.[1];
  const check = token === undefined ? undefined : await service.tokens.check(token);
  if (!check?.valid) return undefined;
  const { aud, tid, oid, roles, idtyp } = check.claims;
  const audiences = [service.cloud.exchange, 'https://outlook.office.com', `${service.origin}/outlook`];
  if (tid !== tenant.directory.tenantId || !audiences.includes(aud.replace(/\/$/, ''))) return undefined;
  if (idtyp === 'user') {
    const user = tenant.directory.user(oid);
    return user && { name: user.address, directoryRoles: user.directoryRoles };
  }
  const principal = tenant.directory.servicePrincipal(oid);
  if (!principal) return undefined;
  const may = roles.includes('Exchange.ManageAsApp');
  return { name: principal.displayName, directoryRoles: may ? principal.directoryRoles : [] };
}

function readBody(body: Buffer): z.infer<typeof bodySchema> | undefined {
  try {
    return bodySchema.safeParse(JSON.parse(body.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

/** One page; the next is asked for by the same body at the link. */
function page(service: Service, request: TenantRequest, value: readonly object[]): TenantResponse {
  const wanted = Number(/odata\.maxpagesize=(\d{1,5})/i.exec(headerText(request.headers, 'prefer') ?? '')?.[1] ?? 1000);
  const size = Math.max(1, wanted);
  const skip = Number(/^\d{1,7}$/.exec(request.query.get('$skiptoken') ?? '')?.[0] ?? 0);
  const path = `${service.origin}/${request.segments.map(encodeURIComponent).join('/')}`;
  const hasMore = skip + size < value.length;
  return {
    status: 200,
    body: {
      '@odata.context': `${path.replace(/\/InvokeCommand$/i, '')}/$metadata#Collection(Exchange.GenericHashTable)`,
      value: value.slice(skip, skip + size),
      ...(hasMore ? { '@odata.nextLink': `${path}?$skiptoken=${skip + size}` } : {}),
    },
  };
}

function failure(status: number, code: string, message: string, exception: string): TenantResponse {
  const inner = { message, type: exception, stacktrace: '' };
  return {
    status,
    body: {
      error: {
        code,
        message: 'Error executing cmdlet',
        details: [{ code: 'Context', target: '', message: `|${exception}|${message}` }],
        innererror: {
          message: 'Error executing cmdlet',
          type: 'Microsoft.Exchange.Admin.OData.Core.ODataServiceException',
          stacktrace: '',
          internalexception: inner,
          internalException: inner,
        },
      },
    },
  };
}
