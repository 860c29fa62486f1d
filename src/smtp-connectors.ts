/** Couriers by SMTP out of the configuration: Exchange Online with OAuth, and smart hosts. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { getCACertificates } from 'node:tls';
import type { ConnectorConfig, MicrosoftConnectorConfig } from './config/schema.ts';
import { renewedCredential } from './connector-credential.ts';
import type { CrashProbe } from './domain/crash-point.ts';
import { finding, reason } from './egress/finding.ts';
import { SmtpCourier } from './egress/smtp/smtp-courier.ts';
import { defaultSmtpTimings, type SmtpServer } from './egress/smtp/smtp-link.ts';
import { exchangeCourier } from './egress/smtp-oauth/exchange-submission.ts';
import type { Cloud } from './microsoft/clouds.ts';
import type { Connections } from './microsoft/connections.ts';
import { TokenSource } from './microsoft/token-source.ts';

/** Port of client submission (RFC 6409). */
const submissionPort = 587;

export interface SmtpParts {
  readonly now: () => number;
  readonly severalSenders: boolean;
  readonly probe: CrashProbe | undefined;
}

/** Client submission of the connector's tenant. `connections` are for the tokens and belong to the courier from here on. */
export function exchangeCourierOf(
  config: MicrosoftConnectorConfig,
  cloud: Cloud,
  connections: Connections,
  { now, severalSenders, probe }: SmtpParts,
): SmtpCourier {
  const [host = '', port] = cloud.smtpHost.split(':');
  return exchangeCourier({
    server: serverOf(host, Number(port ?? submissionPort), 'starttls', config.caFile),
    tokens: new TokenSource({
      login: cloud.login,
      tenant: config.tenantId,
      clientId: config.oauthClientId,
      credential: renewedCredential(config),
      resource: cloud.exchange,
      connections,
      now,
    }),
    connections,
    severalSenders,
    maxMessageBytes: config.mailboxLimit,
    ...(probe ? { probe } : {}),
  });
}

/** @throws the system's error when the CA file cannot be read */
export function smartHostCourier(
  config: Extract<ConnectorConfig, { kind: 'smtp' }>,
  { severalSenders, probe }: Pick<SmtpParts, 'severalSenders' | 'probe'>,
): SmtpCourier {
  const { host, port, tls, auth, maxMessageSize, maxRecipients } = config;
  return new SmtpCourier({
    server: serverOf(host, port, tls, config.caFile),
    login: async () =>
      auth ? { kind: 'password', login: auth.login, password: auth.password.reveal() } : { kind: 'none' },
    loginFinding: (error) =>
      finding({ outcome: 'deferred', scope: 'connector', fault: 'smtp-login-refused' }, { message: reason(error) }),
    linksBySender: false,
    exchange: false,
    severalSenders,
    maxMessageBytes: maxMessageSize,
    maxRecipients,
    ...(probe ? { probe } : {}),
  });
}

function serverOf(host: string, port: number, tls: SmtpServer['tls'], caFile: string | undefined): SmtpServer {
  const ca = caFile === undefined ? undefined : [...getCACertificates('default'), readFileSync(caFile, 'utf8')];
  return { host, port, tls, ca, name: hostname(), timings: defaultSmtpTimings };
}
