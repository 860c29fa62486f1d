/** .NET: system.net/mailSettings of a web.config or app.config. Source: .NET "mailSettings element (network settings)". */
import { fillIn, ImportError, type Imported, isAddress, registerFirst } from './imported.ts';

/** @throws ImportError when the file has no smtp element with a network element */
export function importIis(xml: string): Imported {
  // Comments hold examples as a rule, which must not be taken for settings.
  const text = xml.replaceAll(/<!--[\s\S]*?-->/g, '');
  const section = /<mailSettings\b[\s\S]*?<\/mailSettings\s*>/i.exec(text)?.[0];
  const smtp = attributes(section, 'smtp');
  const network = attributes(section, 'network');
  if (section === undefined || network.size === 0)
    throw new ImportError('The file has no system.net/mailSettings with a network element: it sends no mail by SMTP.');
  const from = smtp.get('from');
  const user = network.get('username');
  const isPickup = smtp.get('deliverymethod')?.toLowerCase() === 'specifiedpickupdirectory';
  return {
    configuration: {
      smtp: [{ name: 'applications', listen: '127.0.0.1:2525', auth: 'optional' }],
      clients: [
        {
          name: 'web',
          addresses: ['127.0.0.0/8', '::1'],
          ...(isAddress(from) ? { senders: [from] } : {}),
        },
      ],
      connectors: [
        {
          name: 'default',
          kind: 'graph',
          oauthClientId: fillIn.clientId,
          tenantId: fillIn.tenantId,
          userName: [user, from].find(isAddress) ?? 'FILL IN: the mailbox that sends',
          secret: { env: 'CLIENT_SECRET' },
        },
      ],
    },
    todo: [
      registerFirst,
      'In the web.config: <network host="127.0.0.1" port="2525" enableSsl="false" />, without userName and password.',
    ],
    notCarried: [
      ...(network.has('password')
        ? [`The password of ${network.get('host') ?? 'the SMTP host'}: it is not needed any more.`]
        : []),
      ...(isPickup ? ['deliveryMethod SpecifiedPickupDirectory: Mailroom reads no folder; set it to Network'] : []),
    ],
  };
}

function attributes(section: string | undefined, element: string): ReadonlyMap<string, string> {
  const tag = new RegExp(`<${element}\\b([^>]*)>`, 'i').exec(section ?? '')?.[1] ?? '';
  return new Map(
    [...tag.matchAll(/([\w.:-]+)\s*=\s*"([^"]*)"/g)].map(([, name = '', value = '']) => [name.toLowerCase(), value]),
  );
}
