/**
 * Microsoft's clouds and their hosts, in one table. A scope is of the cloud's own Graph host: a token for another cloud is
 * refused. Sources: https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud and
 * https://learn.microsoft.com/graph/deployments; hosts marked as unconfirmed are in no document that was found.
 *
 * Any host can be overridden, so that the practice tenant is just another cloud.
 */

export interface Cloud {
  /** Origin of the token endpoint. */
  readonly login: string;
  readonly graph: string;
  /** Resource that tokens for Graph are asked for; its `/.default` is the scope. */
  readonly graphResource: string;
  readonly exchange: string;
  /** Host for client submission with XOAUTH2. */
  readonly smtpHost: string;
  /** Value of -ExchangeEnvironmentName of Connect-ExchangeOnline. */
  readonly exchangeEnvironment: string;
  /** Names of the hosts above that no document confirms. */
  readonly unconfirmed: readonly ('smtpHost' | 'exchange')[];
}

export const cloudNames = ['global', 'gcc', 'gcc-high', 'dod', 'china'] as const;
export type CloudName = (typeof cloudNames)[number];

const global: Cloud = {
  login: 'https://login.microsoftonline.com',
  graph: 'https://graph.microsoft.com',
  graphResource: 'https://graph.microsoft.com',
  exchange: 'https://outlook.office365.com',
  smtpHost: 'smtp.office365.com',
  exchangeEnvironment: 'O365Default',
  unconfirmed: [],
};

export const clouds: Readonly<Record<CloudName, Cloud>> = {
  global,
  // GCC lives on the hosts of the global cloud.
  gcc: global,
  'gcc-high': {
    login: 'https://login.microsoftonline.us',
    graph: 'https://graph.microsoft.us',
    graphResource: 'https://graph.microsoft.us',
    exchange: 'https://outlook.office365.us',
    smtpHost: 'smtp.office365.us',
    exchangeEnvironment: 'O365USGovGCCHigh',
    unconfirmed: ['smtpHost'],
  },
  dod: {
    login: 'https://login.microsoftonline.us',
    graph: 'https://dod-graph.microsoft.us',
    graphResource: 'https://dod-graph.microsoft.us',
    exchange: 'https://outlook-dod.office365.us',
    smtpHost: 'outlook-dod.office365.us',
    exchangeEnvironment: 'O365USGovDoD',
    unconfirmed: ['smtpHost'],
  },
  china: {
    login: 'https://login.partner.microsoftonline.cn',
    graph: 'https://microsoftgraph.chinacloudapi.cn',
    graphResource: 'https://microsoftgraph.chinacloudapi.cn',
    exchange: 'https://partner.outlook.cn',
    smtpHost: 'smtp.partner.outlook.cn',
    exchangeEnvironment: 'O365China',
    unconfirmed: ['smtpHost', 'exchange'],
  },
};

/** Hosts that replace those of a cloud: origins (`https://host:port`), but for `smtpHost`. */
export type CloudOverrides = Partial<Pick<Cloud, 'login' | 'graph' | 'graphResource' | 'exchange' | 'smtpHost'>>;

/**
 * A cloud with some of its hosts replaced. Where Graph is replaced and the resource is not, tokens are asked for the
 * cloud's own resource: the practice tenant stands in for that one.
 * @throws RangeError when an override is no https origin, because the secret would go to it in the clear.
 */
export function cloudWith(name: CloudName, overrides: CloudOverrides = {}): Cloud {
  for (const key of ['login', 'graph', 'graphResource', 'exchange'] as const) {
    const value = overrides[key];
    if (value !== undefined && !isHttpsOrigin(value))
      throw new RangeError(
        `The host "${value}" for ${key} is no https origin; write it as https://host or https://host:port.`,
      );
  }
  return { ...clouds[name], ...overrides };
}

function isHttpsOrigin(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && url.protocol === 'https:' && url.origin === text.replace(/\/$/, '');
}
