/**
 * The clouds that a practice tenant can stand in. Tokens, audiences and names in discovery follow the cloud.
 * Source: Entra "National clouds", Graph "Microsoft Graph deployments".
 */
export const cloudNames = ['global', 'us-gov', 'us-dod', 'china'] as const;
export type CloudName = (typeof cloudNames)[number];

export interface Cloud {
  readonly name: CloudName;
  readonly loginHost: string;
  /** The resource that tokens for Graph name as their audience. */
  readonly graph: string;
  /** The resource that tokens for Exchange name as their audience. */
  readonly exchange: string;
  readonly smtpHost: string;
  /** Issuer of tokens of version 1.0 without the tenant. */
  readonly tokenIssuer: string;
  readonly region: string;
  readonly regionSubScope?: string;
}

export const clouds: Readonly<Record<CloudName, Cloud>> = {
  global: {
    name: 'global',
    loginHost: 'login.microsoftonline.com',
    graph: 'https://graph.microsoft.com',
    exchange: 'https://outlook.office365.com',
    smtpHost: 'smtp.office365.com',
    tokenIssuer: 'https://sts.windows.net',
    region: 'EU',
  },
  'us-gov': {
    name: 'us-gov',
    loginHost: 'login.microsoftonline.us',
    graph: 'https://graph.microsoft.us',
    exchange: 'https://outlook.office365.us',
    smtpHost: 'smtp.office365.us',
    tokenIssuer: 'https://sts.windows.net',
    region: 'USGov',
    regionSubScope: 'DODCON',
  },
  'us-dod': {
    name: 'us-dod',
    loginHost: 'login.microsoftonline.us',
    graph: 'https://dod-graph.microsoft.us',
    exchange: 'https://outlook-dod.office365.us',
    smtpHost: 'outlook-dod.office365.us',
    tokenIssuer: 'https://sts.windows.net',
    region: 'USGov',
    regionSubScope: 'DOD',
  },
  china: {
    name: 'china',
    loginHost: 'login.partner.microsoftonline.cn',
    graph: 'https://microsoftgraph.chinacloudapi.cn',
    exchange: 'https://outlook.office365.cn',
    smtpHost: 'smtp.partner.outlook.cn',
    tokenIssuer: 'https://sts.chinacloudapi.cn',
    region: 'AS',
  },
};
