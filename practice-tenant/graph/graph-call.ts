/** One request to the directory part of Graph, with what each resource needs to answer it. */
import type { Directory } from '../directory/directory.ts';
import type { TenantRequest, TenantResponse } from '../http/exchange.ts';
import type { Service } from '../service.ts';
import type { DirectoryCaller } from './authorise.ts';
import { refusal } from './graph-error.ts';

/** What the directory needs of the service. */
export type DirectoryService = Pick<Service, 'origin' | 'clock' | 'changed'>;

export interface GraphCall {
  readonly service: DirectoryService;
  readonly request: TenantRequest;
  readonly caller: DirectoryCaller;
  readonly directory: Directory;
  /** ms since the epoch. */
  readonly now: number;
}

/** Answers what stands behind the name of its collection in the path: `[]`, `[id]`, `[id, 'owners', ...]`. */
export type Resource = (call: GraphCall, path: readonly string[]) => TenantResponse | Promise<TenantResponse>;

/** Picks what answers the method of the request. @throws GraphRefusal 405 */
export function byMethod<T>(
  call: GraphCall,
  handlers: Partial<Record<'GET' | 'POST' | 'PATCH' | 'DELETE', () => T>>,
): T {
  const { method } = call.request;
  const handler =
    method === 'GET' || method === 'POST' || method === 'PATCH' || method === 'DELETE' ? handlers[method] : undefined;
  if (!handler) throw refusal('methodNotAllowed');
  return handler();
}

/** The absolute address of something in this Graph, as `@odata.context` and Location have it. */
export function graphUrl(call: GraphCall, path: string): string {
  return `${call.service.origin}/v1.0/${path}`;
}

/** The object id at the end of a reference such as `https://…/v1.0/directoryObjects/{id}`. @throws GraphRefusal 400 by `invalid` */
export function referencedId(reference: string, invalid: () => Error): string {
  const id = /\/(?:[\w.]+)(?:\/([0-9a-f-]{36})|\('([0-9a-f-]{36})'\))$/i.exec(reference);
  const found = id?.[1] ?? id?.[2];
  if (!found) throw invalid();
  return found.toLowerCase();
}
