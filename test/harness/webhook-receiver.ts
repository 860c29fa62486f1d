/** Somebody who takes webhooks, and keeps what they said. */
import { once } from 'node:events';
import { createServer } from 'node:http';

export interface WebhookReceiver extends AsyncDisposable {
  /** Its path stands for the secret that such a URL is. */
  readonly url: string;
  readonly bodies: readonly string[];
}

export async function webhookReceiver(): Promise<WebhookReceiver> {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    request.setEncoding('utf8').on('data', (text: string) => bodies.push(text));
    request.on('end', () => response.end('ok'));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/hook-of-the-team`,
    bodies,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
