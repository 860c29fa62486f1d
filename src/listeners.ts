/** Opens the configured SMTP listeners, each with its certificate. */
import type { SmtpListenerConfig } from './config/schema.ts';
import { type SmtpListener, startSmtpListener } from './ingress/smtp/listener.ts';
import type { SessionPorts } from './ingress/smtp/session.ts';
import { TlsCertificate } from './ingress/smtp/tls-certificate.ts';

export interface OpenListener {
  readonly listener: SmtpListener;
  readonly certificate: TlsCertificate | undefined;
}

/** @throws Error naming the listener when its address or its certificate cannot be used. */
export async function openSmtpListener(
  config: SmtpListenerConfig,
  hostname: string,
  ports: SessionPorts,
): Promise<OpenListener> {
  const { name, tls, limits } = config;
  const certificate = tls.mode === 'none' ? undefined : readCertificate(config, ports);
  if (certificate && (tls.minVersion === 'TLSv1' || tls.minVersion === 'TLSv1.1'))
    ports.logger.warn(
      { listener: name, minVersion: tls.minVersion },
      'This listener takes TLS versions that are broken. Keep it to the network of the devices that need it.',
    );
  if (
    tls.mode === 'none' &&
    config.listen.host !== 'localhost' &&
    !config.listen.host.startsWith('127.') &&
    config.listen.host !== '::1'
  )
    ports.logger.warn(
      { listener: name },
      'This listener has no TLS: mail and passwords cross the network unencrypted.',
    );
  try {
    const listener = await startSmtpListener(
      {
        name,
        ...config.listen,
        hostname,
        ...(config.banner === undefined ? {} : { banner: config.banner }),
        tls: tls.mode,
        ...(certificate ? { certificate } : {}),
        auth: config.auth,
        allowPlaintextAuth: config.allowPlaintextAuth,
        allowFrom: config.allowFrom,
        maxMessageBytes: config.maxMessageBytes,
        bareNewlines: config.bareNewlines,
        limits: { ...limits, idleMs: limits.idle, totalMs: limits.total },
      },
      ports,
    );
    return { listener, certificate };
  } catch (error) {
    certificate?.close();
    throw new Error(
      `The SMTP listener ${name} cannot be opened on ${config.listen.host}:${config.listen.port}: ${text(error)}`,
      { cause: error },
    );
  }
}

function readCertificate(config: SmtpListenerConfig, ports: SessionPorts): TlsCertificate {
  const { certificate, key, minVersion } = config.tls;
  if (certificate === undefined || key === undefined)
    throw new Error(`The SMTP listener ${config.name} has no certificate.`);
  try {
    return new TlsCertificate({
      certificateFile: certificate,
      keyFile: key,
      minVersion,
      clock: ports.clock,
      logger: ports.logger,
    });
  } catch (error) {
    throw new Error(`The certificate of the SMTP listener ${config.name} cannot be used: ${text(error)}`, {
      cause: error,
    });
  }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
