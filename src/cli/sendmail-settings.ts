/**
 * What sendmail(1) is told apart from its arguments: where to hand in, as whom, and what names without a domain mean. The
 * environment (`MAILROOM_SENDMAIL_NAME`) goes before the settings file (`NAME=value`, `#` begins a comment line).
 */

export const sendmailSettingsFile = '/etc/mailroom/sendmail.conf';

const names = ['URL', 'USER', 'PASSWORD', 'CA', 'CA_PEM', 'TLS_NAME', 'FROM', 'DOMAIN', 'LOCAL'] as const;
type SettingName = (typeof names)[number];

export interface SendmailSettings {
  readonly url: URL;
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** Certificate authority of the listener, PEM. */
  readonly caPem: string | undefined;
  /** Name that the listener's certificate must have; the host of `url` when not given. */
  readonly tlsName: string | undefined;
  /** Envelope sender when -f is not given. */
  readonly from: string | undefined;
  /** Put behind names without a domain. */
  readonly domain: string;
  /** Who gets mail for names without a domain; `name@domain` when not given. */
  readonly local: string | undefined;
}

export interface SettingsSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The text of a file; undefined when there is none. @throws the system's error when it cannot be read. */
  readonly readFile: (path: string) => string | undefined;
  readonly hostname: string;
  readonly settingsFile: string;
}

/** Reads the settings. @throws Error in one sentence when a file or the URL cannot be used. */
export function readSendmailSettings(surroundings: SettingsSurroundings): SendmailSettings {
  const { env, settingsFile } = surroundings;
  const inFile = parseSettings(readSettingsText(surroundings, settingsFile) ?? '', settingsFile);
  const plain = (name: string) => env[`MAILROOM_SENDMAIL_${name}`] || inFile.get(name);
  const setting = (name: SettingName): string | undefined => {
    const value = plain(name);
    const file = value === undefined ? plain(`${name}_FILE`) : undefined;
    if (file === undefined) return value;
    const text = readSettingsText(surroundings, file);
    if (text === undefined) throw new Error(`${name}_FILE names ${file}, which is not there. Correct ${settingsFile}.`);
    return text.trim();
  };
  return {
    url: urlOf(setting('URL') ?? 'smtp://127.0.0.1:2525'),
    user: setting('USER'),
    password: setting('PASSWORD'),
    caPem: setting('CA_PEM') ?? setting('CA'),
    tlsName: setting('TLS_NAME'),
    from: setting('FROM'),
    domain: setting('DOMAIN') ?? surroundings.hostname,
    local: setting('LOCAL'),
  };
}

/** @throws Error for a line that is none: with a name misspelt, mail would go to another server, or without the login. */
function parseSettings(text: string, file: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    const [, name, value] = /^\s*([A-Z_]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    // The line is not repeated: it may hold the password.
    if (name === undefined || !names.some((known) => name === known || name === `${known}_FILE`))
      throw new Error(`${file}:${index + 1} is no setting. Write NAME=value, with one of: ${names.join(', ')}.`);
    if (value) found.set(name, value);
  }
  return found;
}

function readSettingsText({ readFile }: SettingsSurroundings, path: string): string | undefined {
  try {
    return readFile(path);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new Error(`${path} cannot be read (${why}). Let whoever sends mail read it.`, { cause: error });
  }
}

function urlOf(text: string): URL {
  const url = URL.parse(text);
  // The text is not repeated: it may hold a password that does not belong there.
  if (!url || !/^smtps?:$/.test(url.protocol) || url.hostname === '')
    throw new Error('URL is not of the form smtp://host:port or smtps://host:port.');
  return url;
}
