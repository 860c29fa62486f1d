/**
 * How programs hand mail in here, ready to paste, as the listener wants it: with TLS or without, with a login or without.
 * LOGIN, PASSWORD, KEY and ADDRESS stand for the reader's own.
 */
export interface Listener {
  readonly name: string;
  readonly kind: string;
  readonly address: string;
  /** Of SMTP: none, STARTTLS, or from the first byte. Of HTTP: none or from the first byte. */
  readonly tls?: 'none' | 'starttls' | 'implicit' | undefined;
  /** Whether a login can be used there; otherwise the address of the program stands for it. */
  readonly login?: boolean | undefined;
}

interface Place {
  readonly host: string;
  readonly port: string;
  readonly tls: 'none' | 'starttls' | 'implicit';
  readonly login: boolean;
}

export function snippetsFor(listeners: readonly Listener[]): readonly { name: string; text: string }[] {
  const smtp = placeOf(listeners.find(({ kind }) => kind === 'smtp'));
  const http = placeOf(listeners.find(({ kind, name }) => kind === 'http' && name !== 'console' && name !== 'metrics'));
  return [...(smtp ? smtpSnippets(smtp) : []), ...(http ? [httpSnippet(http)] : [])];
}

function placeOf(listener: Listener | undefined): Place | undefined {
  if (!listener) return undefined;
  const at = listener.address.lastIndexOf(':');
  const bound = listener.address.slice(0, at);
  // A listener on every address is reached under the name by which this page was.
  const host = ['0.0.0.0', '[::]', '::'].includes(bound) ? location.hostname : bound;
  const { tls = 'starttls', login = true } = listener;
  return { host, port: listener.address.slice(at + 1), tls, login };
}

/** Lines; those that do not belong are left out. */
const lines = (...all: readonly (string | false)[]) => all.filter((line) => line !== false).join('\n');

function httpSnippet({ host, port, tls }: Place) {
  return {
    name: 'curl, by HTTP',
    text: lines(
      `curl ${tls === 'none' ? 'http' : 'https'}://${host}:${port}/v1/messages -H "Authorization: Bearer KEY" \\`,
      '  -H "Content-Type: application/json" \\',
      `  -d '{"from":"ADDRESS","to":["somebody@example.com"],"subject":"Hello","text":"Hello."}'`,
    ),
  };
}

function smtpSnippets({ host, port, tls, login }: Place) {
  const isPlain = tls === 'none';
  const isImplicit = tls === 'implicit';
  const ofTls = <T>(none: T, starttls: T, implicit: T): T => (isPlain ? none : isImplicit ? implicit : starttls);
  return [
    {
      name: 'Postfix',
      text: lines(
        '# /etc/postfix/main.cf',
        `relayhost = [${host}]:${port}`,
        `smtp_tls_security_level = ${isPlain ? 'none' : 'encrypt'}`,
        isImplicit && 'smtp_tls_wrappermode = yes',
        login && 'smtp_sasl_auth_enable = yes',
        login && 'smtp_sasl_security_options = noanonymous',
        login && 'smtp_sasl_password_maps = hash:/etc/postfix/sasl_passwd',
        login && '',
        login && '# /etc/postfix/sasl_passwd, then: postmap /etc/postfix/sasl_passwd',
        login && `[${host}]:${port} LOGIN:PASSWORD`,
      ),
    },
    {
      name: 'PHP (PHPMailer)',
      text: lines(
        '$mail = new PHPMailer\\PHPMailer\\PHPMailer(true);',
        '$mail->isSMTP();',
        `$mail->Host = '${host}';`,
        `$mail->Port = ${port};`,
        ofTls('$mail->SMTPAutoTLS = false;', "$mail->SMTPSecure = 'tls';", "$mail->SMTPSecure = 'ssl';"),
        login && '$mail->SMTPAuth = true;',
        login && "$mail->Username = 'LOGIN';",
        login && "$mail->Password = 'PASSWORD';",
        "$mail->setFrom('ADDRESS');",
      ),
    },
    {
      name: '.NET (MailKit)',
      text: lines(
        'using var client = new MailKit.Net.Smtp.SmtpClient();',
        `await client.ConnectAsync("${host}", ${port}, MailKit.Security.SecureSocketOptions.${ofTls('None', 'StartTls', 'SslOnConnect')});`,
        login && 'await client.AuthenticateAsync("LOGIN", "PASSWORD");',
        'await client.SendAsync(message);',
        'await client.DisconnectAsync(true);',
      ),
    },
    {
      name: 'Python',
      text: lines(
        'import smtplib',
        '',
        `with smtplib.${isImplicit ? 'SMTP_SSL' : 'SMTP'}("${host}", ${port}) as smtp:`,
        tls === 'starttls' && '    smtp.starttls()',
        login && '    smtp.login("LOGIN", "PASSWORD")',
        '    smtp.send_message(message)',
      ),
    },
    {
      name: 'Java (Jakarta Mail)',
      text: lines(
        `mail.smtp.host=${host}`,
        `mail.smtp.port=${port}`,
        `mail.smtp.auth=${login}`,
        tls === 'starttls' && 'mail.smtp.starttls.enable=true',
        tls === 'starttls' && 'mail.smtp.starttls.required=true',
        isImplicit && 'mail.smtp.ssl.enable=true',
      ),
    },
    {
      name: 'Node.js (nodemailer)',
      text: lines(
        'const transport = nodemailer.createTransport({',
        `  host: '${host}',`,
        `  port: ${port},`,
        ofTls('  ignoreTLS: true,', '  requireTLS: true,', '  secure: true,'),
        login && "  auth: { user: 'LOGIN', pass: 'PASSWORD' },",
        '});',
      ),
    },
    {
      name: 'Printer or scanner',
      text: lines(
        `SMTP server      ${host}`,
        `Port             ${port}`,
        `Encryption       ${ofTls('none', 'STARTTLS', 'SSL/TLS')}`,
        `Authentication   ${login ? 'LOGIN / PASSWORD' : 'none'}`,
        'Sender address   ADDRESS',
      ),
    },
    {
      name: 'curl, by SMTP',
      text: lines(
        `curl ${tls === 'starttls' ? '--ssl-reqd ' : ''}${login ? '--user LOGIN:PASSWORD ' : ''}--mail-from ADDRESS --mail-rcpt somebody@example.com \\`,
        `  -T message.eml ${isImplicit ? 'smtps' : 'smtp'}://${host}:${port}`,
      ),
    },
  ];
}
