/**
 * Sending by SMTP with OAuth: the host takes the app's token for the system account, and SMTP AUTH is switched on. The
 * sign-in is a real one (AUTH XOAUTH2); no message is handed in.
 */
import { getCACertificates } from 'node:tls';
import { createTransport, type Transporter } from 'nodemailer';
import { askExchange, cmdletsOf, isOn, textOf } from './ask-exchange.ts';
import type { Check, CheckContext, CheckResult } from './check.ts';

const deadlineMs = 20_000;

/** What a refusal at sign-in means (Exchange "Authenticate an SMTP connection using OAuth", and what Exchange says). */
const refusals: readonly { readonly words: RegExp; readonly remedy: string }[] = [
  {
    words: /SmtpClientAuthentication is disabled for the Tenant/i,
    remedy:
      'SMTP AUTH is switched off for the organisation: Set-TransportConfig -SmtpClientAuthenticationDisabled $false, or better for this mailbox alone: Set-CASMailbox -SmtpClientAuthenticationDisabled $false.',
  },
  {
    words: /SmtpClientAuthentication is disabled for the Mailbox/i,
    remedy: 'SMTP AUTH is switched off for this mailbox: Set-CASMailbox -SmtpClientAuthenticationDisabled $false.',
  },
  {
    words: /security defaults/i,
    remedy:
      'Security defaults of the tenant block SMTP AUTH: send by Graph, or replace them by Conditional Access policies.',
  },
  {
    words: /did not meet the criteria/i,
    remedy:
      'A policy of the tenant blocks the sign-in: look at the sign-in log of the enterprise application, and exclude it.',
  },
  {
    words: /5\.7\.3\b/,
    remedy:
      'Exchange does not take the token: tell it of the app (New-ServicePrincipal with the Object ID of the enterprise application, not of the registration), grant SMTP.SendAsApp, and check that SMTP AUTH is on. It takes up to an hour.',
  },
  {
    words: /4\.3\.2|Concurrent connections/i,
    remedy: 'Three connections are open already: wait, or look for other programs that use this mailbox.',
  },
];

export const smtpSignInCheck: Check = {
  id: 'smtp-sign-in',
  statement: 'The SMTP host takes the token of the app for the system account.',
  row: 'M8',
  kinds: ['smtp-oauth'],
  needs: ['credential'],
  link: ({ connector }) => connector.portals.exchangeAdmin,
  run: (context) => signInOverSmtp(context, context.findings.token ?? ''),
};

export const smtpSendCheck: Check = {
  id: 'smtp-send',
  statement: 'A real message from the system account to itself is taken by SMTP.',
  row: 'M13',
  kinds: ['smtp-oauth'],
  needs: ['smtp-sign-in'],
  wanted: ({ wishes }) => wishes.send,
  run: (context) =>
    overSmtp(context, context.findings.token ?? '', 'MAIL', async (transport) => {
      const { userName } = context.connector;
      const { response } = await transport.sendMail({
        from: userName,
        to: context.wishes.sendTo ?? userName,
        subject: `Mailroom: this mail proves the connector (${context.newId().slice(0, 8)})`,
        text: `Sent by mailroom check on ${new Date(context.now()).toISOString()}.`,
      });
      return response ?? '250';
    }),
};

/** A real sign-in at the host of submission; no message is handed in. */
export function signInOverSmtp(context: CheckContext, token: string): Promise<CheckResult> {
  return overSmtp(context, token, 'AUTH XOAUTH2', async (transport) => {
    await transport.verify();
    return '235';
  });
}

/** What the host of submission answers to the app's token. @param what is asked, for the evidence */
async function overSmtp(
  { connector }: CheckContext,
  token: string,
  what: string,
  ask: (transport: Transporter) => Promise<string>,
): Promise<CheckResult> {
  const [host = '', port = '587'] = connector.cloud.smtpHost.split(':');
  const transport = createTransport({
    host,
    port: Number(port),
    requireTLS: true,
    auth: { type: 'OAuth2', user: connector.userName, accessToken: token },
    ...(connector.ca === undefined ? {} : { tls: { ca: [...getCACertificates('default'), connector.ca] } }),
    connectionTimeout: deadlineMs,
    greetingTimeout: deadlineMs,
    socketTimeout: deadlineMs,
  });
  const asked = `${what} as ${connector.userName} at ${host}:${port}`;
  try {
    return { state: 'pass', evidence: [`${asked}: ${await ask(transport)}`] };
  } catch (error) {
    const words = (error instanceof Error ? error.message : String(error)).replaceAll(token || '\0', '[token]');
    const known = refusals.find((refusal) => refusal.words.test(words));
    const isNetwork = /ECONN|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|timeout/i.test(words);
    return {
      state: 'fail',
      evidence: [`${asked}: ${words.slice(0, 400)}`],
      remedy: isNetwork
        ? `Nobody answers there: let the firewall pass port ${port} to ${host}.`
        : (known?.remedy ?? 'Look the reply up under the name of its code; send by Graph where SMTP is not needed.'),
      ...(known ? { mayStillCome: true } : {}),
    };
  } finally {
    transport.close();
  }
}

export const smtpAuthCheck: Check = {
  id: 'smtp-auth',
  statement: 'SMTP AUTH is on for the system account.',
  kinds: ['smtp-oauth'],
  needs: [],
  wanted: (context) => cmdletsOf(context) !== undefined,
  run: smtpAuthSwitches,
};

/** The switches of SMTP AUTH, of the organisation and of the mailbox, as Exchange has them. */
export async function smtpAuthSwitches(context: CheckContext): Promise<CheckResult> {
  const { userName } = context.connector;
  const organisation = await askExchange(context, 'Get-TransportConfig');
  if ('refused' in organisation) return organisation.refused;
  const mailbox = await askExchange(context, 'Get-CASMailbox', { Identity: userName });
  if ('refused' in mailbox) return mailbox.refused;
  const key = 'SmtpClientAuthenticationDisabled';
  const own = textOf(mailbox.rows[0], key);
  // The switch of the mailbox decides; without one, that of the organisation does.
  const isOff = own === '' ? isOn(organisation.rows[0], key) : isOn(mailbox.rows[0], key);
  const evidence = [
    `${key}: organisation ${textOf(organisation.rows[0], key) || 'not set'}, mailbox ${own || 'not set'}.`,
  ];
  if (!isOff) return { state: 'pass', evidence };
  return {
    state: 'fail',
    evidence,
    remedy: `Set-CASMailbox -Identity ${userName} -${key} $false switches it on for this mailbox alone. It takes up to an hour.`,
    mayStillCome: true,
  };
}
