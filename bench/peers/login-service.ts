/**
 * A login service for the Postfix peer: speaks as much of Dovecot's authentication protocol (version 1.1) as Postfix asks
 * for. It compares one login and password and hashes nothing, so what Postfix is charged for AUTH is the dialogue alone.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { load } from './peer.ts';

export interface LoginService extends AsyncDisposable {
  readonly port: number;
}

const greeting = [
  'VERSION\t1\t1',
  'MECH\tPLAIN\tplaintext',
  'SPID\t1',
  'CUID\t1',
  'COOKIE\t00000000000000000000000000000000',
  'DONE',
];

/** Starts it on 127.0.0.1, port 0. */
export async function startLoginService(): Promise<LoginService> {
  const wanted = Buffer.from(`\0${load.user}\0${load.password}`).toString('base64');
  const server = createServer((socket) => {
    socket.write(`${greeting.join('\n')}\n`);
    let rest = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const [verb, id, , ...parameters] = line.split('\t');
        if (verb !== 'AUTH') continue;
        const granted = parameters.includes(`resp=${wanted}`);
        socket.write(granted ? `OK\t${id}\tuser=${load.user}\n` : `FAIL\t${id}\n`);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the login service is not listening');
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      server.close();
    },
  };
}
