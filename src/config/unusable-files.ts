/**
 * Certificates, keys and authorities that the configuration names and that cannot be used: not there, not readable, no PEM,
 * or no pair. `config check` says so before a start fails over it; a server that runs goes on with what it had.
 */
import { createSecureContext } from 'node:tls';
import type { Config } from './schema.ts';
import { reason } from './secret.ts';

/** One sentence for each; empty as a rule. @param readFile throws the system's error */
export function unusableFiles(config: Config, readFile: (path: string) => string): readonly string[] {
  const complaints: string[] = [];
  const read = (key: string, path: string): string | undefined => {
    try {
      return readFile(path);
    } catch (error) {
      complaints.push(`${key} names ${path}, which cannot be read (${reason(error)}). Correct the path or its rights.`);
      return undefined;
    }
  };
  const pairs = [
    ...config.smtp.map(({ name, tls }) => ({ key: `tls of the SMTP listener ${name}`, tls })),
    ...config.http.map(({ name, tls }) => ({ key: `tls of the HTTP listener ${name}`, tls })),
    { key: 'console.tls', tls: config.console.tls },
  ];
  for (const { key, tls } of pairs) {
    if (tls?.certificate === undefined || tls.key === undefined) continue;
    const cert = read(key, tls.certificate);
    const privateKey = read(key, tls.key);
    if (cert === undefined || privateKey === undefined) continue;
    try {
      createSecureContext({ cert, key: privateKey });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      complaints.push(`${key}: ${tls.certificate} and ${tls.key} are no certificate with its private key (${why}).`);
    }
  }
  const authorities = [
    ...config.connectors.map(({ name, caFile }) => ({ key: `caFile of the connector ${name}`, caFile })),
    ...config.alerts.map((way) => ({
      key: `caFile of the alert ${way.name}`,
      caFile: 'caFile' in way ? way.caFile : undefined,
    })),
    { key: 'console.entra.caFile', caFile: config.console.entra?.caFile },
  ];
  for (const { key, caFile } of authorities) {
    const text = caFile === undefined ? undefined : read(key, caFile);
    if (text !== undefined && !text.includes('-----BEGIN CERTIFICATE-----'))
      complaints.push(`${key} names ${caFile}, in which no certificate stands (-----BEGIN CERTIFICATE-----).`);
  }
  return complaints;
}
