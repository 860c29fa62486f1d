/** Makes the ways out of alerts from the configuration. */
import type { AlertWay } from './alerts/alert-way.ts';
import { connectorWay } from './alerts/connector-way.ts';
import { smartHostWay } from './alerts/smart-host-way.ts';
import { webhookWay } from './alerts/webhook-way.ts';
import type { Config } from './config/schema.ts';
import type { Alert } from './domain/alert.ts';
import type { FaultCode } from './domain/catalogue.ts';
import type { MessageId } from './domain/message.ts';
import type { ConnectorChange } from './queue/delivery-port.ts';
import { noticeClient, submitTo } from './queue/notice.ts';
import type { QueueStore } from './queue/store.ts';

/**
 * @param store where mail of another connector is put on record; undefined: ways by a connector are left out
 * @throws the system's error when a CA file cannot be read
 */
export function alertWays(config: Config, now: () => number, store: QueueStore | undefined): readonly AlertWay[] {
  return config.alerts.flatMap((way) => wayOf(way, config, now, store) ?? []);
}

function wayOf(
  way: Config['alerts'][number],
  config: Config,
  now: () => number,
  store: QueueStore | undefined,
): AlertWay | undefined {
  const { name, events, quietMs } = way;
  const common = { name, events, quietMs };
  switch (way.kind) {
    case 'webhook': {
      const { url, form, signingKey, proxy, caFile } = way;
      return webhookWay({
        ...common,
        url: url.reveal(),
        form,
        now,
        ...(signingKey ? { signingKey: signingKey.reveal() } : {}),
        ...(proxy ? { proxy: proxy.reveal() } : {}),
        ...(caFile === undefined ? {} : { caFile }),
      });
    }
    case 'smtp': {
      const { host, port, tls, login, password, caFile, from, to } = way;
      return smartHostWay({
        ...common,
        host,
        port,
        tls,
        from,
        to,
        ...(login === undefined ? {} : { login }),
        ...(password ? { password: password.reveal() } : {}),
        ...(caFile === undefined ? {} : { caFile }),
      });
    }
    case 'connector': {
      const { connector, to } = way;
      const sender = config.connectors.find((each) => each.name === connector)?.userName;
      if (!store || sender === undefined) return undefined;
      const submit = submitTo(store);
      const lifetimeMs = config.queue.expireAfter;
      return connectorWay({ ...common, connector, sender, to, client: noticeClient, lifetimeMs, now, submit });
    }
  }
}

/** Address of the console for links, without a slash at its end; undefined where it has none that others could open. */
export function consoleUrl({ console: web }: Config): string | undefined {
  const { listen, origin, basePath, tls } = web;
  if (origin !== undefined) return `${origin}${basePath}`;
  if (!listen || listen.port === 0) return undefined;
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  return `${tls ? 'https' : 'http'}://${host}:${listen.port}${basePath}`;
}

/** The alert of a connector that stops or sends again. */
export function connectorAlert({ connector, state, reason, detail }: ConnectorChange): Alert {
  if (state === 'running') return { kind: 'connector-resumed', connector, detail };
  return { kind: 'connector-paused', connector, reason: reason ?? 'operator', detail };
}

/** One message as the beginning of a digest. */
export function digestOf(
  kind: 'message-failed' | 'uncertain-held',
  id: MessageId,
  at: number,
  fault: FaultCode,
): Alert {
  return { kind, count: 1, since: at, faults: { [fault]: 1 }, messages: [id] };
}
