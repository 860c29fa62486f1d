/** email-oauth2-proxy: its emailproxy.config, an INI file with a section for each server and each account. */
import { fillIn, ImportError, type Imported, isAddress } from './imported.ts';

type Section = ReadonlyMap<string, string>;

/** @throws ImportError when no section stands for SMTP */
export function importEmailOauth2Proxy(text: string): Imported {
  const sections = readIni(text);
  const servers = [...sections].filter(([name]) => /^SMTP-\d+$/i.test(name));
  const accounts = [...sections].filter(([name, section]) => name.includes('@') && section.has('client_id'));
  if (servers.length === 0)
    throw new ImportError('The file has no section such as [SMTP-1587]: nothing is sent by it.');
  const [first] = accounts;
  const tenant = /\/\/[^/]+\/([^/]+)\/oauth2/.exec(first?.[1].get('token_url') ?? '')?.[1];
  const namesTenant = tenant !== undefined && !['common', 'organizations', 'consumers'].includes(tenant);
  const other = [...sections.keys()].filter((name) => /^(?:IMAP|POP)-\d+$/i.test(name));
  const byPerson = accounts.filter(([, section]) => section.get('oauth2_flow') !== 'client_credentials');
  return {
    configuration: {
      smtp: servers.map(([name, section]) => ({
        name: name.toLowerCase(),
        listen: `${addressOf(section.get('local_address'))}:${name.split('-')[1] ?? '1587'}`,
        auth: 'required',
        allowPlaintextAuth: true,
        allowFrom: ['127.0.0.0/8', '::1'],
      })),
      clients: accounts.map(([name], index) => ({
        name,
        login: name,
        password: { env: `CLIENT_${index + 1}_PASSWORD` },
        senders: [name],
      })),
      connectors: [
        {
          name: 'default',
          kind: 'graph',
          oauthClientId: first?.[1].get('client_id') ?? fillIn.clientId,
          tenantId: namesTenant ? tenant : fillIn.tenantId,
          userName: isAddress(first?.[0]) ? first[0] : 'FILL IN: the mailbox that sends',
          secret: { env: 'CLIENT_SECRET' },
        },
      ],
    },
    todo: [
      'Grant the app Microsoft Graph > Application permissions > Mail.Send: the proxy used SMTP, Mailroom uses Graph.',
      'Put the value of client_secret into the environment variable CLIENT_SECRET.',
      ...accounts.map(
        ([name], index) => `Put the password that programs use for ${name} into CLIENT_${index + 1}_PASSWORD.`,
      ),
      ...(accounts.length > 1 ? ['Several accounts: write a route for each that sends as another mailbox.'] : []),
    ],
    notCarried: [
      ...other.map((name) => `${name}: Mailroom sends mail and does not fetch it`),
      ...byPerson.map(([name]) => `the sign-in of ${name}: Mailroom signs in as an application, with nobody's account`),
    ],
  };
}

function readIni(text: string): Map<string, Section> {
  const sections = new Map<string, Map<string, string>>();
  let current: Map<string, string> | undefined;
  for (const line of text.split(/\r?\n/)) {
    const name = /^\[([^\]]+)\]\s*$/.exec(line)?.[1];
    if (name !== undefined) {
      current = new Map();
      sections.set(name, current);
    }
    const setting = /^([\w.]+)\s*[=:]\s*(.*)$/.exec(line);
    if (setting?.[1] !== undefined) current?.set(setting[1].toLowerCase(), setting[2]?.trim() ?? '');
  }
  return sections;
}

function addressOf(local: string | undefined): string {
  if (local === undefined || local === '' || local === 'localhost') return '127.0.0.1';
  return local.includes(':') && !local.startsWith('[') ? `[${local}]` : local;
}
