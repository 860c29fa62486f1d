/** What passes between clients and the tenant, for whoever checks it against Microsoft's published description. */
import type { TenantRequest, TenantResponse } from './exchange.ts';

export interface Traffic {
  readonly request: TenantRequest;
  readonly response: TenantResponse;
}

/** Told of each request that an endpoint answered; not of faults, and not of the control side. */
export type TrafficObserver = (traffic: Traffic) => void;
