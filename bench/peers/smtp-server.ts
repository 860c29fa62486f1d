/**
 * A peer from a package: npm's smtp-server in front of the same append log as the bare engine (group commit, fdatasync), or
 * in front of a file for each message. Run as a process: `node bench/peers/smtp-server.ts log|files PATH [CERTIFICATE KEY]`.
 */
import { readFileSync } from 'node:fs';
import { SMTPServer } from 'smtp-server';
import { openAppendLog } from './append-log.ts';
import { openFileStore } from './file-store.ts';

const [kind, path = '', certificateFile, keyFile] = process.argv.slice(2);
const log = kind === 'files' ? undefined : await openAppendLog(path);
const keep = log ? log.append : openFileStore(path);
const server = new SMTPServer({
  authOptional: true,
  disableReverseLookup: true,
  ...(certificateFile && keyFile
    ? { cert: readFileSync(certificateFile, 'utf8'), key: readFileSync(keyFile, 'utf8') }
    : { disabledCommands: ['STARTTLS', 'AUTH'] }),
  onAuth: (auth, _session, callback) => callback(null, { user: auth.username ?? '' }),
  onData(stream, _session, callback) {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () =>
      keep(chunks).then(
        () => callback(),
        (error: unknown) => callback(error instanceof Error ? error : new Error(String(error))),
      ),
    );
  },
});
const listener = server.listen(0, '127.0.0.1', () =>
  process.stdout.write(`${JSON.stringify({ listening: listener.address() })}\n`),
);
process.on('SIGTERM', () => process.exit(0));
