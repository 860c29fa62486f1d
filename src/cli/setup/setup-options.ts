/** Options that the ways of `mailroom setup` share, and the cloud that they name. */
import { isProxyUrl, proxyExample } from '../../config/schema-values.ts';
import { type Cloud, type CloudName, cloudWith } from '../../microsoft/clouds.ts';
import { type Connections, openConnections } from '../../microsoft/connections.ts';
import { type Portals, portals } from '../../microsoft/portals.ts';
import { CommandError } from '../exit-codes.ts';
import { readNamed } from '../named-file.ts';

export interface SetupOptions {
  readonly way: 'automatic' | 'guided' | 'file';
  readonly tenant?: string;
  readonly userName?: string;
  readonly clientId?: string;
  readonly secretFile?: string;
  readonly certificate?: string;
  readonly key?: string;
  readonly name: string;
  readonly adminUrl?: string;
  readonly credential: 'certificate' | 'secret';
  readonly days: number;
  readonly selfRenewal?: boolean;
  readonly largeMessages?: 'refuse' | 'smtp-oauth' | 'upload';
  readonly cloud: CloudName;
  readonly login?: string;
  readonly graph?: string;
  readonly caFile?: string;
  readonly proxy?: string;
  readonly proxyFile?: string;
  readonly signInClient: string;
  readonly browser?: boolean;
  readonly folder: string;
  readonly secrets: 'vault' | 'files';
  readonly dataDir?: string;
  readonly config?: string;
  readonly forbidden?: string;
  readonly yes?: boolean;
  readonly undo?: boolean;
}

/** @throws CommandError for a host that is no https origin */
export function cloudOfOptions({ cloud, login, graph }: SetupOptions): Cloud {
  try {
    return cloudWith(cloud, { ...(login ? { login } : {}), ...(graph ? { graph } : {}) });
  } catch (error) {
    throw new CommandError('usage', error instanceof Error ? error.message : String(error));
  }
}

/** A practice tenant has its own portal, on the host where people sign in. */
export function portalsOfOptions({ cloud, login }: SetupOptions): Portals {
  return login === undefined
    ? portals[cloud]
    : { azure: `${login}/portal/apps`, exchangeAdmin: login, unconfirmed: [] };
}

/** Where `mailroom consent` listens, on whatever port: without any redirect URI its link would be refused. */
const ownRedirectUri = 'http://localhost/connectors/SMTP.aspx';

/** `<Admin URL>/connectors/SMTP.aspx`, which is what manuals register. @throws CommandError */
export function redirectUriOf({ adminUrl }: SetupOptions): string {
  if (adminUrl === undefined) return ownRedirectUri;
  const url = URL.parse(adminUrl.trim());
  // Entra takes http for this machine alone.
  const isSecure = url?.protocol === 'https:' || (url?.protocol === 'http:' && url.hostname === 'localhost');
  if (!url || !isSecure || url.search !== '' || url.hash !== '')
    throw new CommandError('usage', `--admin-url must be a URL such as https://mailroom.contoso.com, not ${adminUrl}.`);
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}/connectors/SMTP.aspx`;
}

/**
 * The way of a set-up to Microsoft, and of the connector that it makes.
 * @throws CommandError for a proxy that is none, or a file that cannot be read
 */
export function connectionsOfOptions(options: Pick<SetupOptions, 'caFile' | 'proxy' | 'proxyFile'>): Connections {
  const { caFile, proxyFile } = options;
  const proxy =
    proxyFile === undefined ? options.proxy : proxyUrl(readNamed(proxyFile, '--proxy-file').trim(), '--proxy-file');
  return openConnections({
    ...(caFile === undefined ? {} : { ca: readNamed(caFile, '--ca-file') }),
    ...(proxy === undefined ? {} : { proxy }),
  });
}

/** @throws CommandError */
function proxyUrl(text: string, option: string): string {
  if (isProxyUrl(text)) return text;
  throw new CommandError('usage', `${option} must hold ${proxyExample}`);
}

/** @throws CommandError naming the option that is missing */
export function required(value: string | undefined, option: string): string {
  if (value !== undefined && value.trim() !== '') return value.trim();
  throw new CommandError('usage', `Name ${option}.`);
}
