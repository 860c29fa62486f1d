/**
 * The support bundle: what somebody who helps from afar wants to see, in one zip file. The configuration goes in without
 * its secrets, and whatever is written is searched for each of them once more: a log line may have had one in it.
 */
import { strToU8, zipSync } from 'fflate';
import { stringify } from 'yaml';
import type { LocalOperator } from './admin/operator.ts';
import { redacted } from './config/redacted.ts';
import type { Config } from './config/schema.ts';
import { Secret } from './config/secret.ts';
import type { CheckEntry } from './setup/checks/check-history.ts';

export interface SupportSources {
  readonly config: Config;
  readonly operator: Pick<LocalOperator, 'status' | 'rates'>;
  readonly checks: readonly CheckEntry[];
  readonly metrics: () => Promise<string>;
  /** The newest last. */
  readonly log: readonly string[];
  /** ms since the epoch. */
  readonly now: number;
}

const dayMs = 86_400_000;
const hourMs = 3_600_000;
/** Shorter values are words that stand everywhere; no secret may be so short. */
const shortestSecret = 4;

/** The bytes of the zip file. */
export async function supportBundle(sources: SupportSources): Promise<Uint8Array> {
  const { config, operator, checks, metrics, log, now } = sources;
  const until = Math.floor(now / hourMs) * hourMs + hourMs;
  const [status, rates, metricLines] = await Promise.all([
    operator.status(),
    operator.rates({ since: until - 7 * dayMs, until, stepMs: hourMs }),
    metrics(),
  ]);
  const { version } = status;
  const { platform, arch, versions } = process;
  const texts: Readonly<Record<string, string>> = {
    'README.txt': [
      `Support bundle of Mailroom ${version}, made ${new Date(now).toISOString()}.`,
      '',
      'No secret is in it. Addresses, names of hosts and subjects may be: look through it before you hand it on.',
      '',
      'configuration.yaml  as the server uses it, secrets hidden',
      'status.json         books, queue, lanes, connectors, listeners',
      'rates.json          messages by the hour, the last week',
      'checks.jsonl        what the checks said, newest first',
      'metrics.txt         Prometheus metrics',
      'log.jsonl           the last lines of the log',
      'versions.json       versions of what it runs on',
      '',
    ].join('\n'),
    // By way of JSON: what reads a key is a function, and stays out.
    'configuration.yaml': stringify(JSON.parse(JSON.stringify(redacted(config)))),
    'status.json': JSON.stringify(status, null, 2),
    'rates.json': JSON.stringify(rates),
    'checks.jsonl': checks.map((entry) => `${JSON.stringify(entry)}\n`).join(''),
    'metrics.txt': metricLines,
    'log.jsonl': log.join(''),
    'versions.json': JSON.stringify({ mailroom: version, platform, arch, ...versions }, null, 2),
  };
  const secrets = secretsIn(config);
  const files = Object.entries(texts).map(([name, text]) => [name, strToU8(without(secrets, text))] as const);
  return zipSync(Object.fromEntries(files), { mtime: now });
}

/** Every secret of the configuration, as it is and as JSON and a URL write it. */
function secretsIn(value: unknown): string[] {
  if (value instanceof Secret)
    return [value.reveal(), value.revealNow()].flatMap((text) =>
      text.length < shortestSecret
        ? []
        : [text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text), Buffer.from(text).toString('base64')],
    );
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(secretsIn);
}

function without(secrets: readonly string[], text: string): string {
  return secrets.reduce((clean, secret) => clean.replaceAll(secret, '[secret]'), text);
}
