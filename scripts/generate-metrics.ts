/** docs/reference/metrics.md, from the registry that the server uses. */
import { createMetrics } from '../src/observe/metrics.ts';

export async function generateMetrics(): Promise<string> {
  const metrics = await createMetrics().registry.getMetricsAsJSON();
  const rows = metrics
    .map(({ name, help, type }) => `| \`${name}\` | ${type} | ${help.replaceAll('|', '\\|')} |`)
    .sort();
  return [
    '# Metrics',
    '',
    '<!-- Generated from src/observe/metrics.ts by npm run generate. -->',
    '',
    'Served at `/metrics` of the listener `observe.metricsListen`, in the format of Prometheus, beside the process figures of',
    'Node.js (`mailroom_process_*`, `mailroom_nodejs_*`).',
    '',
    '| metric | kind | what it counts |',
    '|---|---|---|',
    ...rows,
    '',
    '## Alerts worth having',
    '| alert | when |',
    '|---|---|',
    '| Nothing goes out | `mailroom_connector_paused == 1` for 5 minutes |',
    '| Mail waits for too long | `mailroom_queue_oldest_seconds > 900` |',
    '| Mail has failed | `increase(mailroom_attempts_total{outcome="failed"}[15m]) > 0` |',
    '| Somebody must decide | `mailroom_messages{state="uncertain"} > 0` |',
    '| A credential ends soon | `mailroom_credential_end_timestamp_seconds - time() < 14 * 86400` |',
    '| The day is nearly used up | `mailroom_lane_recipients_last_day > 9000` |',
    '| The disk is full | `increase(mailroom_messages_refused_total{code="storage-full"}[5m]) > 0` |',
    '',
  ].join('\n');
}
