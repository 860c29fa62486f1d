/**
 * The limit of writes to the directory: so many in 150 seconds by app and tenant. What is over it gets 429, with the
 * headers that say which limit it was.
 * Source: Graph "Microsoft Graph service-specific throttling limits", identity and access.
 */
import type { DirectoryCaller } from './authorise.ts';
import type { DirectoryService } from './graph-call.ts';
import { directoryRefusal } from './graph-error.ts';

const windowMs = 150_000;

/** Times of recent writes by app. It goes with its tenant, and is no state of the directory: a restart forgets it. */
const recentWrites = new WeakMap<DirectoryCaller['tenant'], Map<string, number[]>>();

/** Counts a write. Gives headers for the answer once the limit is near. @throws GraphRefusal 429 */
export function countWrite(service: DirectoryService, caller: DirectoryCaller): Record<string, string> {
  const limit = caller.tenant.profile.directoryWritesPer150Seconds;
  if (limit === null) return {};
  const now = service.clock.now();
  const byApp = recentWrites.get(caller.tenant) ?? new Map<string, number[]>();
  recentWrites.set(caller.tenant, byApp);
  const times = (byApp.get(caller.appId) ?? []).filter((at) => at > now - windowMs && at <= now);
  byApp.set(caller.appId, times);
  const [oldest = now] = times;
  if (times.length >= limit) {
    const scope = `Tenant_Application/ReadWrite/${caller.appId}/${caller.tenant.directory.tenantId}`;
    throw directoryRefusal(429, 'TooManyRequests', 'Too many requests. Please retry after the time in Retry-After.', {
      headers: {
        'retry-after': String(Math.max(1, Math.ceil((oldest + windowMs - now) / 1000))),
        'x-ms-throttle-limit-percentage': '1',
        'x-ms-throttle-scope': scope,
        'x-ms-throttle-information': 'WriteLimitExceeded',
      },
    });
  }
  times.push(now);
  const share = times.length / limit;
  return share < 0.8 ? {} : { 'x-ms-throttle-limit-percentage': share.toFixed(1) };
}
