/**
 * A Postfix that relays to Microsoft 365 with a mailbox password: main.cf, and the file of smtp_sasl_password_maps.
 * Source: postconf(5).
 */
import { fillIn, ImportError, type Imported, isAddress, registerFirst } from './imported.ts';

/** Settings that Mailroom has nothing like; a configuration that uses one behaves differently afterwards. */
const notCarriedSettings: Readonly<Record<string, string>> = {
  transport_maps: 'mail of some domains goes another way: routes of Mailroom choose among connectors, not hosts',
  sender_dependent_relayhost_maps: 'write a route for each sender',
  sender_canonical_maps: 'senders are not rewritten; a route can set fromHeader: system-account',
  recipient_canonical_maps: 'recipients are never rewritten',
  virtual_alias_maps: 'there are no aliases: Exchange expands its own groups',
  alias_maps: 'mail to root and other local names needs an address (set it in the programs, or in sendmail.aliases)',
  header_checks: 'headers are not filtered',
  body_checks: 'bodies are not filtered',
  smtp_generic_maps: 'addresses are not rewritten on the way out',
  content_filter: 'there is no content filter',
  always_bcc: 'there is no copy of all mail; use a journal rule of Exchange',
};

/** @throws ImportError when main.cf names no relayhost */
export function importPostfix(mainCf: string, saslPasswd?: string): Imported {
  const settings = readMainCf(mainCf);
  const relayhost = settings.get('relayhost') ?? '';
  if (relayhost === '')
    throw new ImportError(
      'main.cf has no relayhost: this Postfix delivers by itself, and there is nothing to carry over.',
    );
  const login = saslPasswd === undefined ? undefined : readSaslLogin(saslPasswd, relayhost);
  const networks = (settings.get('mynetworks') ?? '127.0.0.0/8 [::1]/128').split(/[\s,]+/).filter(Boolean);
  const ranges = networks.flatMap((network) => rangeOf(network) ?? []);
  const unread = networks.filter((network) => rangeOf(network) === undefined);
  const hostname = settings.get('myhostname');
  const size = settings.get('message_size_limit');
  return {
    configuration: {
      ...(hostname && /^[\w.-]+$/.test(hostname) ? { hostname } : {}),
      smtp: [
        {
          name: 'relay',
          listen: settings.get('inet_interfaces') === 'loopback-only' ? '127.0.0.1:25' : '0.0.0.0:25',
          tls: { mode: 'none' },
          auth: 'optional',
          allowFrom: ranges,
          ...(size && /^[1-9]\d*$/.test(size) ? { maxMessageBytes: Number(size) } : {}),
        },
      ],
      clients: [{ name: 'network', addresses: ranges, senders: ['*'] }],
      connectors: [
        {
          name: 'default',
          kind: 'graph',
          oauthClientId: fillIn.clientId,
          tenantId: fillIn.tenantId,
          userName: isAddress(login) ? login : 'FILL IN: the mailbox that sends',
          secret: { env: 'CLIENT_SECRET' },
        },
      ],
    },
    todo: [
      registerFirst,
      'Let Postfix end, or let Mailroom listen elsewhere: both want port 25.',
      'The client "network" may use any sender, as mynetworks could. Name the senders that are needed.',
    ],
    notCarried: [
      `The password of ${relayhost}: it is what Microsoft switches off, and is not needed any more.`,
      ...unread.map(
        (network) => `mynetworks: ${network} (a table or a name; add its ranges to allowFrom and addresses)`,
      ),
      ...Object.entries(notCarriedSettings).flatMap(([name, why]) =>
        (settings.get(name) ?? '') === '' ? [] : [`${name}: ${why}`],
      ),
    ],
  };
}

/** Later settings win, lines that begin with a blank go on (postconf(5)); $name is filled in from the file itself. */
function readMainCf(text: string): Map<string, string> {
  const settings = new Map<string, string>();
  const joined = text
    .split(/\r?\n/)
    .filter((line) => !/^\s*(?:#|$)/.test(line))
    .join('\n')
    .replaceAll(/\n[ \t]+/g, ' ');
  for (const line of joined.split('\n')) {
    const at = line.indexOf('=');
    if (at > 0) settings.set(line.slice(0, at).trim(), line.slice(at + 1).trim());
  }
  for (const [name, value] of settings)
    settings.set(
      name,
      value.replaceAll(
        /\$(?:\{(\w+)\}|\((\w+)\)|(\w+))/g,
        (_all, one, two, three) => settings.get(one ?? two ?? three) ?? '',
      ),
    );
  return settings;
}

/** The login beside the relayhost; its password is not even read into a variable of its own. */
function readSaslLogin(text: string, relayhost: string): string | undefined {
  for (const line of text.split(/\r?\n/)) {
    const [host, credentials = ''] = line.trim().split(/\s+/, 2);
    if (host === relayhost) return credentials.split(':', 1)[0];
  }
  return undefined;
}

function rangeOf(network: string): string | undefined {
  const plain = network.replaceAll(/[[\]]/g, '');
  return /^(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-f:]*:[\da-f:]*)(?:\/\d{1,3})?$/i.test(plain) ? plain : undefined;
}
