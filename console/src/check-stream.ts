/** Runs the checks of a connector and hands each on as it ends (server-sent events over a POST, which EventSource cannot). */
import { baseUrl, ownHeaders, refusal } from './api.ts';

export interface Check {
  readonly id: string;
  readonly statement: string;
  readonly state: 'pass' | 'warn' | 'fail' | 'unknown';
  readonly evidence: readonly string[];
  readonly remedy?: string;
  /** Into the portal of the tenant's cloud, where the remedy is carried out. */
  readonly link?: string;
}

/** Resolves to whether all checks came to an end. @throws ProblemError when they were refused. */
export async function runChecks(
  connector: string,
  wishes: { readonly forbidden?: string; readonly send: boolean },
  told: (check: Check) => void,
): Promise<boolean> {
  const response = await fetch(`${baseUrl}/api/connectors/${encodeURIComponent(connector)}/checks`, {
    method: 'POST',
    headers: { ...ownHeaders, 'content-type': 'application/json' },
    body: JSON.stringify(wishes),
  });
  if (!response.ok || !response.body) throw refusal(await response.json().catch(() => undefined), response);
  let rest = '';
  let ended = false;
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    rest += text;
    for (let end = rest.indexOf('\n\n'); end !== -1; end = rest.indexOf('\n\n')) {
      const [event = '', data = ''] = rest.slice(0, end).split('\n');
      rest = rest.slice(end + 2);
      if (event === 'event: end') ended = true;
      const check: unknown = JSON.parse(data.slice('data: '.length));
      if (event === 'event: check' && isCheck(check)) told(check);
    }
  }
  return ended;
}

function isCheck(value: unknown): value is Check {
  return typeof value === 'object' && value !== null && 'id' in value && 'state' in value && 'evidence' in value;
}
