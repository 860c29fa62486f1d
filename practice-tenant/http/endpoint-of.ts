/** Which part of the tenant a request is for, as faults and the request log name it. */
import type { Endpoint } from '../faults/fault.ts';

const mailCollections = new Set(['messages', 'mailfolders', 'sendmail', 'microsoft.graph.sendmail']);

export function endpointOf(method: string, segments: readonly string[]): Endpoint {
  const path = segments.map((segment) => segment.toLowerCase());
  const last = path.at(-1);
  if (path[0] === 'v1.0') {
    if (last === 'sendmail' || last === 'microsoft.graph.sendmail') return 'sendMail';
    return path.some((segment) => mailCollections.has(segment)) ? 'mail' : 'directory';
  }
  if (path[0] === 'adminapi') return 'exchange';
  if (method === 'POST' && last === 'token') return 'token';
  return path.includes('.well-known') || last === 'keys' || last === 'instance' ? 'discovery' : 'other';
}
