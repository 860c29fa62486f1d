/**
 * What passes between clients and the tenants of this process, for whoever checks it against Microsoft's published
 * description. Nobody watches unless a test or a judge asks to.
 */
import type { TenantRequest, TenantResponse } from './exchange.ts';

export interface Traffic {
  readonly request: TenantRequest;
  readonly response: TenantResponse;
}

/** Told of each request that an endpoint answered, within a batch too; not of faults, and not of the control side. */
export type TrafficObserver = (traffic: Traffic) => void;

const observers = new Set<TrafficObserver>();

/** Tells of all that passes from now on, in every tenant of this process. Returns what ends it. */
export function watchTraffic(observer: TrafficObserver): () => void {
  observers.add(observer);
  return () => observers.delete(observer);
}

/** For the endpoints: says what was answered. */
export function reportTraffic(traffic: Traffic): void {
  for (const observer of observers) observer(traffic);
}
