/** How programs hand mail in here, ready to paste. LOGIN, PASSWORD, KEY and ADDRESS stand for the reader's own. */
interface Listener {
  readonly name: string;
  readonly kind: string;
  readonly address: string;
}

export function snippetsFor(listeners: readonly Listener[]): readonly { name: string; text: string }[] {
  const smtp = placeOf(listeners.find(({ kind }) => kind === 'smtp'));
  const http = placeOf(listeners.find(({ kind, name }) => kind === 'http' && name !== 'console' && name !== 'metrics'));
  return [
    ...(smtp ? smtpSnippets(smtp.host, smtp.port) : []),
    ...(http
      ? [
          {
            name: 'curl, by HTTP',
            text: `curl https://${http.host}:${http.port}/v1/messages -H "Authorization: Bearer KEY" \\\n  -H "Content-Type: application/json" \\\n  -d '{"from":"ADDRESS","to":["somebody@example.com"],"subject":"Hello","text":"Hello."}'`,
          },
        ]
      : []),
  ];
}

function placeOf(listener: Listener | undefined): { host: string; port: string } | undefined {
  if (!listener) return undefined;
  const at = listener.address.lastIndexOf(':');
  const bound = listener.address.slice(0, at);
  // A listener on every address is reached under the name by which this page was.
  const host = ['0.0.0.0', '[::]', '::'].includes(bound) ? location.hostname : bound;
  return { host, port: listener.address.slice(at + 1) };
}

function smtpSnippets(host: string, port: string) {
  return [
    {
      name: 'Postfix',
      text: `# /etc/postfix/main.cf\nrelayhost = [${host}]:${port}\nsmtp_tls_security_level = encrypt\nsmtp_sasl_auth_enable = yes\nsmtp_sasl_security_options = noanonymous\nsmtp_sasl_password_maps = hash:/etc/postfix/sasl_passwd\n\n# /etc/postfix/sasl_passwd, then: postmap /etc/postfix/sasl_passwd\n[${host}]:${port} LOGIN:PASSWORD`,
    },
    {
      name: 'PHP (PHPMailer)',
      text: `$mail = new PHPMailer\\PHPMailer\\PHPMailer(true);\n$mail->isSMTP();\n$mail->Host = '${host}';\n$mail->Port = ${port};\n$mail->SMTPSecure = 'tls';\n$mail->SMTPAuth = true;\n$mail->Username = 'LOGIN';\n$mail->Password = 'PASSWORD';\n$mail->setFrom('ADDRESS');`,
    },
    {
      name: '.NET (MailKit)',
      text: `using var client = new MailKit.Net.Smtp.SmtpClient();\nawait client.ConnectAsync("${host}", ${port}, MailKit.Security.SecureSocketOptions.StartTls);\nawait client.AuthenticateAsync("LOGIN", "PASSWORD");\nawait client.SendAsync(message);\nawait client.DisconnectAsync(true);`,
    },
    {
      name: 'Python',
      text: `import smtplib\n\nwith smtplib.SMTP("${host}", ${port}) as smtp:\n    smtp.starttls()\n    smtp.login("LOGIN", "PASSWORD")\n    smtp.send_message(message)`,
    },
    {
      name: 'Java (Jakarta Mail)',
      text: `mail.smtp.host=${host}\nmail.smtp.port=${port}\nmail.smtp.auth=true\nmail.smtp.starttls.enable=true\nmail.smtp.starttls.required=true`,
    },
    {
      name: 'Node.js (nodemailer)',
      text: `const transport = nodemailer.createTransport({\n  host: '${host}',\n  port: ${port},\n  requireTLS: true,\n  auth: { user: 'LOGIN', pass: 'PASSWORD' },\n});`,
    },
    {
      name: 'Printer or scanner',
      text: `SMTP server      ${host}\nPort             ${port}\nEncryption       STARTTLS\nAuthentication   LOGIN / PASSWORD\nSender address   ADDRESS`,
    },
    {
      name: 'curl, by SMTP',
      text: `curl --ssl-reqd --user LOGIN:PASSWORD --mail-from ADDRESS --mail-rcpt somebody@example.com \\\n  -T message.eml smtp://${host}:${port}`,
    },
  ];
}
