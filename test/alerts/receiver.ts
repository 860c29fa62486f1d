/** Somebody at the other end of a webhook: keeps what is posted, and answers as the test says. */
import { createServer, type IncomingHttpHeaders } from 'node:http';

export interface Posted {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Receiver extends AsyncDisposable {
  /** With a secret in it, as such URLs have. */
  readonly url: string;
  readonly posted: Posted[];
  /** What it answers from now on. */
  answer: { status: number; body?: string; headers?: Record<string, string> };
}

export const urlSecret = 'hook-secret-7f3a9c';

/** @param port 0 for any; a given one to come back where it was */
export async function startReceiver(port = 0): Promise<Receiver & { readonly port: number }> {
  const posted: Posted[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      posted.push({ path: request.url ?? '', headers: request.headers, text: Buffer.concat(pieces).toString() });
      const { status, body = '', headers = {} } = receiver.answer;
      response.writeHead(status, headers).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  const bound = typeof address === 'object' && address ? address.port : port;
  const receiver: Receiver & { readonly port: number } = {
    url: `http://127.0.0.1:${bound}/services/${urlSecret}?sig=${urlSecret}`,
    port: bound,
    posted,
    answer: { status: 200, body: 'ok' },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}
