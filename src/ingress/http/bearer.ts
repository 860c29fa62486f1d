/** Who sends a request: the Bearer key (RFC 6750), asked of the gate before anything of the body is read. */
import type { FastifyRequest } from 'fastify';
import { FaultError } from '../../domain/catalogue.ts';
import type { Gate, KnownClient } from '../../policy/gate.ts';

const clients = new WeakMap<FastifyRequest, KnownClient>();

/** @param address who asks. @throws FaultError `auth-required`, `auth-failed` or `auth-throttled`. */
export async function authenticate(
  request: FastifyRequest,
  address: string,
  gate: Pick<Gate, 'authenticateKey'>,
): Promise<void> {
  const key = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (key === undefined) throw new FaultError({ code: 'auth-required', detail: 'No Bearer key.' });
  const decision = await gate.authenticateKey(key, address);
  if (!decision.ok) throw new FaultError(decision.fault);
  clients.set(request, decision.value);
}

/** The client of a request that has been let in. */
export function clientOf(request: FastifyRequest): KnownClient {
  const client = clients.get(request);
  if (!client) throw new FaultError({ code: 'auth-required', detail: 'The request has not been authenticated.' });
  return client;
}
