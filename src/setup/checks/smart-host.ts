/** A smart host as a way out: it answers with TLS as it is configured, and takes the login. No message is handed in. */
import { getCACertificates } from 'node:tls';
import { judgeFiles, type OpenFile, privateFilesCheck } from './private-files.ts';
import type { CheckReport } from './run-checks.ts';

export interface CheckedSmartHost {
  readonly host: string;
  readonly port: number;
  readonly tls: 'starttls' | 'implicit' | 'none';
  readonly auth?: { readonly login: string; readonly password: string };
  /** PEM of further authorities to trust. */
  readonly ca?: string;
}

const deadlineMs = 20_000;
const answers = { id: 'smart-host', statement: 'The smart host answers, with TLS as it is configured.' };
const login = { id: 'smart-host-login', statement: 'The smart host takes the login.' };

/** @param openFiles files of the configuration that others may read; undefined where nobody has looked */
export async function checkSmartHost(
  smartHost: CheckedSmartHost,
  openFiles: readonly OpenFile[] | undefined,
  told: (report: CheckReport) => void = () => {},
): Promise<readonly CheckReport[]> {
  const reports = await checkHost(smartHost, told);
  if (openFiles === undefined) return reports;
  const { id, statement, row } = privateFilesCheck;
  const files: CheckReport = { id, statement, ...(row ? { row } : {}), ...judgeFiles(openFiles), durationMs: 0 };
  told(files);
  return [...reports, files];
}

async function checkHost(
  smartHost: CheckedSmartHost,
  told: (report: CheckReport) => void,
): Promise<readonly CheckReport[]> {
  const startedAt = performance.now();
  const { host, port, auth } = smartHost;
  const asked = `${auth ? `AUTH as ${auth.login}` : 'EHLO'} at ${host}:${port}`;
  const why = await refusalOf(smartHost);
  const durationMs = Math.round(performance.now() - startedAt);
  const report = (of: typeof answers, rest: Pick<CheckReport, 'state' | 'evidence'> & { remedy?: string }) => {
    const made: CheckReport = { ...of, ...rest, durationMs };
    told(made);
    return made;
  };
  if (why === undefined || why.code === 'EAUTH') {
    const reached = report(answers, { state: 'pass', evidence: [`${host}:${port} answers.`] });
    if (!auth) return [reached];
    const taken = why === undefined;
    return [
      reached,
      report(login, {
        state: taken ? 'pass' : 'fail',
        evidence: [`${asked}: ${why?.words ?? 'taken'}`],
        ...(taken ? {} : { remedy: 'Compare login and password of the connector with those of the smart host.' }),
      }),
    ];
  }
  return [report(answers, { state: 'fail', evidence: [`${asked}: ${why.words}`], remedy: remedyFor(why, smartHost) })];
}

interface Refusal {
  readonly code: string;
  readonly words: string;
}

/** Undefined when it was taken. */
async function refusalOf({ host, port, tls, auth, ca }: CheckedSmartHost): Promise<Refusal | undefined> {
  // Read with the first check: a server that starts needs nothing of it.
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    ...(auth ? { auth: { user: auth.login, pass: auth.password } } : {}),
    ...(ca === undefined ? {} : { tls: { ca: [...getCACertificates('default'), ca] } }),
    connectionTimeout: deadlineMs,
    greetingTimeout: deadlineMs,
    socketTimeout: deadlineMs,
  });
  try {
    await transport.verify();
    return undefined;
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return { code, words: withoutPassword(words, auth?.password).slice(0, 400) };
  } finally {
    transport.close();
  }
}

function withoutPassword(words: string, password: string | undefined): string {
  if (password === undefined) return words;
  return [password, Buffer.from(password).toString('base64')].reduce(
    (text, each) => text.replaceAll(each, '[secret]'),
    words,
  );
}

function remedyFor({ code, words }: Refusal, { host, port, tls }: CheckedSmartHost): string {
  if (/self.signed|unable to (?:verify|get)|altname|certificate/i.test(words))
    return `The certificate of ${host} is not trusted: put its authority into caFile of the connector, or correct the host name.`;
  if (code === 'ETLS' || /STARTTLS/i.test(words))
    return `${host} offers no STARTTLS on port ${port}: use tls: implicit with port 465, or ask whoever runs it.`;
  if (tls === 'implicit' && /wrong version|SSL|EPROTO/i.test(words))
    return `Port ${port} does not begin with TLS: use tls: starttls, as a rule with port 587.`;
  if (/ENOTFOUND|EAI_AGAIN|EDNS/.test(`${code} ${words}`))
    return `The name ${host} is not found: correct it, or check DNS of this machine.`;
  return `Nobody answers at ${host}:${port}: correct host and port, or let the firewall pass.`;
}
