/**
 * The yardstick for `accept`: the bare SMTP loop in front of an append log.
 * Run as a process: `node bench/peers/bare-engine.ts LOGFILE`.
 */
import { openAppendLog } from './append-log.ts';
import { startBareSmtp } from './bare-smtp.ts';

const [logFile = ''] = process.argv.slice(2);
const log = await openAppendLog(logFile);
const { port } = await startBareSmtp((chunks) => log.append(chunks));
process.stdout.write(`${JSON.stringify({ listening: { port } })}\n`);
