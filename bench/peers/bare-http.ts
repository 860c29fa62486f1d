/**
 * The yardstick for `http`: Node's HTTPS server in front of an append log. It asks for no key, reads no header and keeps no
 * books. Run as a process: `node bench/peers/bare-http.ts LOGFILE CERTIFICATEFILE KEYFILE`.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { openAppendLog } from './append-log.ts';

const [logFile = '', certificateFile = '', keyFile = ''] = process.argv.slice(2);
const log = await openAppendLog(logFile);
const answer = Buffer.from('{"id":"none"}');
const server = createServer(
  { cert: readFileSync(certificateFile), key: readFileSync(keyFile) },
  (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      log.append(chunks).then(
        () =>
          response.writeHead(202, { 'content-type': 'application/json', 'content-length': answer.length }).end(answer),
        () => request.destroy(),
      );
    });
  },
);
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const address = server.address();
if (address === null || typeof address === 'string') throw new Error('the bare server is not listening');
process.stdout.write(`${JSON.stringify({ listening: { port: address.port } })}\n`);
