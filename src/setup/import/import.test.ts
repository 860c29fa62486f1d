import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { importEmailOauth2Proxy } from './email-oauth2-proxy.ts';
import { importIis } from './iis.ts';
import { ImportError, type Imported } from './imported.ts';
import { importPostfix } from './postfix.ts';
import { importSmtp2Graph } from './smtp2graph.ts';

const planted = 'planted-secret-value';

function yamlOf({ configuration }: Imported): string {
  return stringify(configuration);
}

const mainCf = `
# comment
myhostname = relay.contoso.example
relayhost = [smtp.office365.com]:587
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = hash:/etc/postfix/sasl_passwd
mynetworks = 127.0.0.0/8 [::1]/128
  10.1.0.0/16, hash:/etc/postfix/networks
message_size_limit = 20480000
header_checks = regexp:/etc/postfix/header_checks
mydomain = contoso.example
`;
const saslPasswd = `# old\n[smtp.office365.com]:587 noreply@contoso.example:${planted}\n`;

const smtp2graph = `
mode: full
send:
  appReg: { tenant: contoso, id: 01234567-89ab-cdef-0123-456789abcdef, secret: ${planted} }
receive:
  port: 587
  listenAddress: 127.0.0.1
  secure: true
  tlsKeyPath: private.key
  tlsCertPath: server.crt
  ipWhitelist: [192.168.30.0/24]
  requireAuth: true
  allowedRcpt: [one@example.com]
  users:
    - { username: scanner, password: ${planted}, allowedFrom: [noreply@contoso.example] }
`;

const emailproxy = `
[SMTP-1587]
server_address = smtp-mail.outlook.com
local_address = 127.0.0.1
[IMAP-1993]
server_address = outlook.office365.com
[noreply@contoso.example]
token_url = https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/oauth2/v2.0/token
oauth2_flow = client_credentials
client_id = 01234567-89ab-cdef-0123-456789abcdef
client_secret = ${planted}
`;

const webConfig = `<configuration><system.net><mailSettings>
<!-- <network host="old.example" password="${planted}" /> -->
<smtp deliveryMethod="Network" from="noreply@contoso.example">
<network host="smtp.office365.com" port="587" userName="noreply@contoso.example" password="${planted}" enableSsl="true" />
</smtp></mailSettings></system.net></configuration>`;

describe('settings of another program', () => {
  test('of a Postfix become a listener, a client by its networks, and a connector', () => {
    const imported = importPostfix(mainCf, saslPasswd);
    expect(imported.configuration).toMatchObject({
      hostname: 'relay.contoso.example',
      smtp: [
        { listen: '0.0.0.0:25', allowFrom: ['127.0.0.0/8', '::1/128', '10.1.0.0/16'], maxMessageBytes: 20_480_000 },
      ],
      connectors: [{ userName: 'noreply@contoso.example' }],
    });
    expect(imported.notCarried.join('\n')).toMatch(/password of \[smtp.*hash:\/etc\/postfix\/networks.*header_checks/s);
  });

  test('of SMTP2Graph keep app, listener and logins', () => {
    const imported = importSmtp2Graph(smtp2graph);
    expect(imported.configuration).toMatchObject({
      smtp: [{ listen: '127.0.0.1:587', tls: { mode: 'required', certificate: 'server.crt' }, auth: 'required' }],
      clients: [{ login: 'scanner', senders: ['noreply@contoso.example'] }],
      connectors: [{ tenantId: 'contoso.onmicrosoft.com', oauthClientId: '01234567-89ab-cdef-0123-456789abcdef' }],
    });
    expect(imported.notCarried.join('\n')).toContain('allowedRcpt');
  });

  test('of email-oauth2-proxy keep app, tenant and account, and say that mail is not fetched', () => {
    const imported = importEmailOauth2Proxy(emailproxy);
    expect(imported.configuration).toMatchObject({
      smtp: [{ listen: '127.0.0.1:1587' }],
      clients: [{ login: 'noreply@contoso.example' }],
      connectors: [{ tenantId: '11111111-2222-3333-4444-555555555555', userName: 'noreply@contoso.example' }],
    });
    expect(imported.notCarried.join('\n')).toContain('IMAP-1993');
  });

  test('of a web.config give the system account, and examples in comments are none', () => {
    const imported = importIis(webConfig);
    expect(imported.configuration.connectors).toMatchObject([{ userName: 'noreply@contoso.example' }]);
    expect(imported.notCarried).toEqual([expect.stringContaining('password of smtp.office365.com')]);
  });

  test.each([
    ['Postfix', () => importPostfix(mainCf, saslPasswd)],
    ['SMTP2Graph', () => importSmtp2Graph(smtp2graph)],
    ['email-oauth2-proxy', () => importEmailOauth2Proxy(emailproxy)],
    ['web.config', () => importIis(webConfig)],
  ])('of %s carry no secret, and are YAML that reads back the same', (_name, run) => {
    const imported = run();
    expect(JSON.stringify(imported)).not.toContain(planted);
    expect(parse(yamlOf(imported))).toEqual(imported.configuration);
  });

  test.each([
    ['a Postfix that delivers by itself', () => importPostfix('myhostname = x\n'), 'no relayhost'],
    ['something else for SMTP2Graph', () => importSmtp2Graph('a: 1'), 'no config.yml of SMTP2Graph'],
    ['no YAML', () => importSmtp2Graph('a: ['), 'no YAML'],
    ['a proxy without SMTP', () => importEmailOauth2Proxy('[IMAP-1993]\n'), 'nothing is sent'],
    ['a web.config without mail', () => importIis('<configuration/>'), 'no system.net/mailSettings'],
  ])('that are %s are refused in a sentence', (_name, run, sentence) => {
    expect(run).toThrow(ImportError);
    expect(run).toThrow(sentence);
  });
});
