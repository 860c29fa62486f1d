/**
 * Tells alerts by a POST to a URL. The URL is a secret: it stands in no answer, log line or error. Redirects are not
 * followed, because the alert would go to wherever they point.
 */
import { readFileSync } from 'node:fs';
import { openConnections } from '../microsoft/connections.ts';
import { exchange } from '../microsoft/exchange.ts';
import { retryAfterMs } from '../microsoft/retry-after.ts';
import type { AlertWay, ToldAlert, WayAnswer } from './alert-way.ts';
import { signatureHeaders, type WebhookForm, webhookBody } from './webhook-forms.ts';

export interface WebhookOptions extends Pick<AlertWay, 'name' | 'events' | 'quietMs'> {
  readonly url: string;
  readonly form: WebhookForm;
  readonly signingKey?: string;
  readonly proxy?: string;
  readonly caFile?: string;
  /** ms since the epoch. */
  readonly now: () => number;
}

const deadlines = { uploadMs: 10_000, answerMs: 10_000 };

/** @throws the system's error when the CA file cannot be read */
export function webhookWay(options: WebhookOptions): AlertWay {
  const { name, events, quietMs, form, signingKey, proxy, caFile, now } = options;
  const url = new URL(options.url);
  const connections = openConnections({
    ...(proxy === undefined ? {} : { proxy }),
    ...(caFile === undefined ? {} : { ca: readFileSync(caFile, 'utf8') }),
  });
  const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return {
    name,
    kind: 'webhook',
    events,
    quietMs,
    async send(told: ToldAlert): Promise<WayAnswer> {
      const bytes = Buffer.from(JSON.stringify(webhookBody(form, told)));
      const exchanged = await exchange(connections, {
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Mailroom',
          ...(login === ':' ? {} : { authorization: `Basic ${Buffer.from(login).toString('base64')}` }),
          ...(signingKey === undefined ? {} : signatureHeaders(signingKey, told.id, now(), bytes)),
        },
        body: { kind: 'whole', bytes },
        deadlines,
      });
      if (exchanged.kind === 'broken') return { taken: false, why: `No answer: ${hostless(exchanged.why, url)}` };
      const { status, headers, body } = exchanged.answer;
      const words = hostless(body.toString('utf8').replace(/\s+/g, ' ').trim().slice(0, 200), url);
      const answer = words === '' ? String(status) : `${status} ${words}`;
      // Incoming webhooks of Teams answer 200 for everything, and say in words when the channel did not take it.
      const isTaken = status >= 200 && status < 300 && !/delivery failed|HttpRequestException/i.test(words);
      if (isTaken) return { taken: true, answer };
      const wait = retryAfterMs(headers['retry-after'], headers['date'], now());
      return { taken: false, why: `It answered ${answer}`, ...(wait === undefined ? {} : { retryAfterMs: wait }) };
    },
    close: () => connections.close(),
  };
}

/** Without any part of the URL that may be its secret: a service may repeat what it was asked. */
function hostless(words: string, { pathname, search, searchParams, password }: URL): string {
  const parts = [...pathname.split('/'), ...searchParams.values(), decodeURIComponent(password)];
  const secrets = [`${pathname}${search}`, pathname, search.slice(1), ...parts.filter((part) => part.length >= 8)];
  return secrets
    .filter((secret) => secret.length > 3)
    .reduce((text, secret) => text.replaceAll(secret, '[secret]'), words);
}
