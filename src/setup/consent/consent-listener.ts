/** Listens for the answer to a request for consent, at the addresses that a registration may have as its redirect URI. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ConsentAnswer, type ConsentStates, consentPaths, readConsentAnswer } from './consent-callback.ts';

export interface ConsentListener {
  readonly port: number;
  close(): Promise<void>;
}

const sentences = {
  granted: 'Thank you. Mailroom now looks whether the consent has arrived; you can close this window.',
} as const;

/** @param told called for each answer that belongs to a link of ours. @throws the system's error when the port is taken */
export async function listenForConsent(
  listen: { readonly host: string; readonly port: number },
  states: ConsentStates,
  told: (answer: ConsentAnswer) => void,
): Promise<ConsentListener> {
  const paths = new Set(consentPaths.map((path) => path.toLowerCase()));
  const server = createServer((request, response) => {
    const url = URL.parse(request.url ?? '/', 'http://localhost');
    const headers = {
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    };
    // The path is of a product on IIS, where capitals do not count.
    if (request.method !== 'GET' || !url || !paths.has(url.pathname.toLowerCase())) {
      response.writeHead(404, headers).end('Nothing is here.\n');
      return;
    }
    const answer = readConsentAnswer(url.searchParams, states);
    const text = answer.kind === 'granted' ? sentences.granted : answer.sentence;
    response.writeHead(answer.kind === 'unknown' ? 400 : 200, headers).end(`${text}\n`);
    if (answer.kind !== 'unknown') told(answer);
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).listen(listen.port, listen.host, resolve);
  await promise;
  const address: AddressInfo | string | null = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : listen.port,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
