/**
 * `/healthz`, `/readyz` and `/metrics`. A paused connector is not unready: mail is taken and safe, and taking the server
 * out of service would only move the trouble to its clients. It is shown, and alerts hang on its metric.
 */
import fastify, { type FastifyInstance } from 'fastify';
import { FaultError } from '../domain/catalogue.ts';
import type { ConnectorPause, QueueStore } from '../queue/store.ts';

export interface HealthSource {
  /** Why mail cannot be taken now; undefined when it can. */
  notReady(): string | undefined;
  /** Asked whether it would take a message now, when given: a full disk makes the server unready. */
  readonly store?: Pick<QueueStore, 'newBody'>;
  pauses(): Promise<readonly ConnectorPause[]>;
  /** Everything that is counted, as of now. */
  readMetrics(): Promise<{ readonly contentType: string; metrics(): Promise<string> }>;
}

function addHealthRoutes(app: FastifyInstance, source: HealthSource): void {
  app.get('/healthz', () => ({ status: 'alive' }));
  app.get('/readyz', async (_request, reply) => {
    const pauses = await source.pauses().catch(() => undefined);
    const why =
      source.notReady() ?? (await refusal(source.store)) ?? (pauses ? undefined : 'the store cannot be asked');
    const pausedConnectors = (pauses ?? []).map(({ connector, reason }) => ({ connector, reason }));
    return reply
      .status(why ? 503 : 200)
      .send({ status: why ? 'not ready' : 'ready', ...(why ? { why } : {}), pausedConnectors });
  });
  app.get('/metrics', async (_request, reply) => {
    const registry = await source.readMetrics();
    return reply.type(registry.contentType).send(await registry.metrics());
  });
}

/** Why the store would not take a message now. */
async function refusal(store: HealthSource['store']): Promise<string | undefined> {
  try {
    await store?.newBody().discard();
    return undefined;
  } catch (error) {
    return error instanceof FaultError ? error.fault.code : 'the store does not answer';
  }
}

/**
 * Opens a listener of its own for them: they have no login, and say more than strangers need to know.
 * @throws Error in one sentence when it cannot be opened.
 */
export async function startHealthListener(
  listen: { readonly host: string; readonly port: number },
  source: HealthSource,
): Promise<{ readonly address: string; close(): Promise<void> }> {
  const app = fastify({ logger: false });
  addHealthRoutes(app, source);
  await app.listen(listen).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : error;
    throw new Error(`The listener for metrics cannot be opened on ${listen.host}:${listen.port}: ${why}`, {
      cause: error,
    });
  });
  const bound = app.server.address();
  const port = typeof bound === 'object' && bound ? bound.port : listen.port;
  return { address: `${listen.host}:${port}`, close: () => app.close() };
}
