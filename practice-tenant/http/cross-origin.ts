/**
 * What a browser's page of another origin may ask: Graph with its bearer token, and of the sign-in host discovery, keys and
 * the token endpoint, where single-page apps redeem their codes. Nothing of this reads a cookie.
 * Source: Fetch "CORS protocol"; Entra "authorization code flow" on single-page apps.
 */
import { headerText, type TenantRequest, type TenantResponse } from './exchange.ts';

const exposed = 'ETag, Location, Preference-Applied, Content-Range, request-id, client-request-id, Retry-After';
const ofSignIn =
  /^(?:v2\.0\/)?\.well-known\/openid-configuration$|^discovery\/|^oauth2\/(?:v2\.0\/)?(?:token|devicecode)$/i;

/** Methods that pages of elsewhere may use at this address; none where they may not come. */
function allowedMethods({ segments }: TenantRequest): string | undefined {
  const [first, ...rest] = segments;
  if (first?.toLowerCase() === 'v1.0') return 'GET, POST, PATCH, PUT, DELETE, OPTIONS';
  const path = rest.join('/');
  if (!ofSignIn.test(path)) return undefined;
  return /^oauth2/i.test(path) ? 'POST, OPTIONS' : 'GET, OPTIONS';
}

/** The answer to a preflight request; undefined for every other request. */
export function preflight(request: TenantRequest): TenantResponse | undefined {
  const wanted = headerText(request.headers, 'access-control-request-method');
  const methods = allowedMethods(request);
  if (request.method !== 'OPTIONS' || wanted === undefined || methods === undefined) return undefined;
  const headers = headerText(request.headers, 'access-control-request-headers');
  return {
    status: 200,
    headers: {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': methods,
      ...(headers && /^[\w\-, ]{1,1000}$/.test(headers) ? { 'access-control-allow-headers': headers } : {}),
      'access-control-max-age': '86400',
    },
  };
}

/** Lets the page that asked read the answer. */
export function readableElsewhere(request: TenantRequest, response: TenantResponse): TenantResponse {
  if (headerText(request.headers, 'origin') === undefined || allowedMethods(request) === undefined) return response;
  const allowed = { 'access-control-allow-origin': '*', 'access-control-expose-headers': exposed };
  return { ...response, headers: { ...response.headers, ...allowed } };
}
