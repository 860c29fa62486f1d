/**
 * The peer from the Debian package: Postfix with its durable queue as it comes, and the discard transport behind it, so
 * that accepting is measured and not a way out.
 */
import { isToolThere } from '../../scripts/test-tools.mjs';
import { startPostfix } from '../../test/harness/postfix.ts';
import { firstGreeting } from './first-greeting.ts';
import { startLoginService } from './login-service.ts';
import type { Peer, PeerFolder, RunningPeer } from './peer.ts';

/** As many smtpd processes as the generator ever has sessions, with some in reserve for those that are ending. */
const smtpdProcesses = 150;

const durability = 'a queue file for each message, fsync before 250 (as packaged)';

function missing(): string | undefined {
  if (!isToolThere('postfix')) return 'Postfix is not installed (Debian: apt-get install postfix)';
  if (process.getuid?.() !== 0) return 'Postfix can only be started by root';
  return undefined;
}

async function start(place: PeerFolder, settings: Readonly<Record<string, string>>): Promise<RunningPeer> {
  const logins = await startLoginService();
  const postfix = await startPostfix({
    folder: place.folder,
    smtpdProcesses,
    settings: {
      smtpd_tls_cert_file: place.certificateFile,
      smtpd_tls_key_file: place.keyFile,
      smtpd_tls_security_level: 'may',
      smtpd_sasl_auth_enable: 'yes',
      smtpd_sasl_type: 'dovecot',
      smtpd_sasl_path: `inet:127.0.0.1:${logins.port}`,
      smtpd_sasl_security_options: 'noanonymous',
      ...settings,
    },
  });
  const startMs = (await firstGreeting(postfix.port)) - postfix.startedAt;
  return {
    port: postfix.port,
    pid: postfix.pid,
    startMs,
    async [Symbol.asyncDispose]() {
      await postfix[Symbol.asyncDispose]();
      await logins[Symbol.asyncDispose]();
    },
  };
}

/** Accepts and discards. */
export const postfix: Peer = {
  name: 'postfix',
  durability,
  secure: true,
  missing,
  start: (place) => start(place, { default_transport: 'discard:', relay_transport: 'discard:' }),
};

/** Accepts and relays to an SMTP server on this machine, by as many connections as Postfix would use. */
export function postfixRelayingTo(port: number): Peer {
  return {
    name: 'postfix-relaying',
    durability,
    secure: true,
    missing,
    start: (place) =>
      start(place, { relayhost: `[127.0.0.1]:${port}`, smtp_tls_security_level: 'none', disable_dns_lookups: 'yes' }),
  };
}
