/** What works and yet should be looked at, told at every start. */
import type { Config } from './schema.ts';
import { isLoopback } from './schema-values.ts';

/** @param inlineSecrets keys of secrets that stand in the file itself. */
export function warningsOf(
  config: Config,
  file: { readonly path: string; readonly mode: number | undefined } | undefined,
  inlineSecrets: readonly string[],
): string[] {
  const warnings: string[] = [];
  if (file?.mode !== undefined && (file.mode & 0o077) !== 0 && inlineSecrets.length > 0)
    warnings.push(
      `${file.path} holds secrets (${inlineSecrets.join(', ')}) and others may read it (mode ${(file.mode & 0o777).toString(8)}). Run: chmod 600 ${file.path}`,
    );
  for (const listener of config.smtp) {
    const { mode, minVersion } = listener.tls;
    const where = `The SMTP listener ${listener.name}`;
    if (mode === 'none' && !isLoopback(listener.listen))
      warnings.push(
        `${where} takes mail without TLS: whoever is on the network can read it. Set tls.mode unless its devices know no TLS.`,
      );
    if (mode !== 'none' && (minVersion === 'TLSv1' || minVersion === 'TLSv1.1'))
      warnings.push(
        `${where} takes ${minVersion}, which is broken. Keep it for old devices alone, and bind it to their addresses.`,
      );
    if (listener.allowPlaintextAuth && mode !== 'required' && mode !== 'implicit' && !isLoopback(listener.listen))
      warnings.push(
        `${where} takes passwords unencrypted. Set tls.mode: required, or keep it to a network of its own.`,
      );
    if (mode === 'none' && listener.auth === 'required' && !listener.allowPlaintextAuth)
      warnings.push(
        `${where} wants a login and takes none without TLS, so that nobody can send. Set tls.mode, or auth: optional with addresses of clients.`,
      );
  }
  for (const listener of config.http)
    if (listener.tls === undefined && !isLoopback(listener.listen))
      warnings.push(
        `The HTTP listener ${listener.name} is without TLS: whoever is on the network can read its keys. Add tls, or listen on 127.0.0.1 behind a proxy.`,
      );
  const byOneConnector = new Set(config.alerts.map((way) => (way.kind === 'connector' ? way.connector : undefined)));
  const [only] = byOneConnector;
  if (byOneConnector.size === 1 && only !== undefined)
    warnings.push(
      `All alerts go by the connector ${only}, and nobody is told when that one stops. Add a webhook, a smart host, or another connector.`,
    );
  for (const client of config.clients)
    if (client.senders?.includes('*'))
      warnings.push(`The client ${client.name} may send as anybody (senders: "*"). Name its addresses or domains.`);
  return warnings;
}
