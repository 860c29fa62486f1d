/**
 * Where an administrator clicks, by cloud: the admin centres and the deep links into them. Sources: Microsoft 365 "URLs and
 * IP address ranges" of each cloud, Entra "National clouds". What no document confirms is marked.
 */
import type { CloudName } from './clouds.ts';

export interface Portals {
  /** Azure portal, which holds the registrations under the names of most manuals. */
  readonly azure: string;
  readonly exchangeAdmin: string;
  /** Names of the hosts above that no document confirms. */
  readonly unconfirmed: readonly ('azure' | 'exchangeAdmin')[];
}

const global: Portals = {
  azure: 'https://portal.azure.com',
  exchangeAdmin: 'https://admin.exchange.microsoft.com',
  unconfirmed: [],
};

export const portals: Readonly<Record<CloudName, Portals>> = {
  global,
  gcc: global,
  'gcc-high': {
    azure: 'https://portal.azure.us',
    exchangeAdmin: 'https://admin.exchange.office365.us',
    unconfirmed: ['exchangeAdmin'],
  },
  dod: {
    azure: 'https://portal.azure.us',
    exchangeAdmin: 'https://admin.exchange.apps.mil',
    unconfirmed: ['exchangeAdmin'],
  },
  china: {
    azure: 'https://portal.azure.cn',
    exchangeAdmin: 'https://admin.exchange.partner.outlook.cn',
    unconfirmed: ['exchangeAdmin'],
  },
};

const blades = '/#view/Microsoft_AAD_RegisteredApps';

/** Deep links into the registrations; `clientId` undefined: the list, where there is no app yet. */
export function registrationLinks(azure: string, clientId: string | undefined) {
  const ofApp = (menu: string) =>
    clientId === undefined
      ? `${azure}${blades}/ApplicationsListBlade`
      : `${azure}${blades}/ApplicationMenuBlade/~/${menu}/appId/${encodeURIComponent(clientId)}`;
  return {
    create: `${azure}${blades}/CreateApplicationBlade`,
    overview: ofApp('Overview'),
    credentials: ofApp('Credentials'),
    permissions: ofApp('CallAnAPI'),
  };
}
