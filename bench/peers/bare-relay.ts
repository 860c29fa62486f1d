/**
 * The yardstick for `deliver`: the bare engine and its log, and behind it one POST of base64 MIME for each message. It keeps
 * no books and tries nothing twice. Run as a process: `node bench/peers/bare-relay.ts LOGFILE ORIGIN CAFILE`.
 */
import { readFileSync } from 'node:fs';
import { Pool } from 'undici';
import { openAppendLog } from './append-log.ts';
import { startBareSmtp } from './bare-smtp.ts';
import { load } from './peer.ts';

const [logFile = '', origin = '', caFile = ''] = process.argv.slice(2);
const log = await openAppendLog(logFile);
const pool = new Pool(origin, { connections: 20, connect: { ca: readFileSync(caFile, 'utf8') } });
const path = `/v1.0/users/${load.mailFrom}/sendMail`;

async function post(chunks: readonly Uint8Array[]): Promise<void> {
  const answer = await pool.request({
    method: 'POST',
    path,
    headers: { authorization: 'Bearer none', 'content-type': 'text/plain' },
    body: Buffer.concat(chunks).toString('base64'),
  });
  await answer.body.dump();
  if (answer.statusCode !== 202) throw new Error(`the service answered ${answer.statusCode}`);
}

const { port } = await startBareSmtp(async (chunks) => {
  await log.append(chunks);
  // After the sync, and nobody waits for it. A failure ends the process, and with it the run.
  void post(chunks);
});
process.stdout.write(`${JSON.stringify({ listening: { port } })}\n`);
