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
  const end = await streamed(`/api/connectors/${encodeURIComponent(connector)}/checks`, wishes, told);
  return end !== undefined;
}

/** Resolves to whether the step of the guide is passed; undefined when it broke off. @throws ProblemError */
export async function passStep(
  connector: string,
  step: string,
  wishes: { readonly answers: object; readonly skips: boolean },
  told: (check: Check) => void,
): Promise<boolean | undefined> {
  const end = await streamed(`/api/setup/guide/${encodeURIComponent(connector)}/${step}`, wishes, told);
  return typeof end === 'object' && end !== null && 'passed' in end ? end.passed === true : undefined;
}

/** What came with the event `end`; undefined when none came. */
async function streamed(path: string, body: object, told: (check: Check) => void): Promise<unknown> {
  const response = await fetch(`${baseUrl}${path}`, {
    method: 'POST',
    headers: { ...ownHeaders, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok || !response.body) throw refusal(await response.json().catch(() => undefined), response);
  let rest = '';
  let ended: unknown;
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    rest += text;
    for (let end = rest.indexOf('\n\n'); end !== -1; end = rest.indexOf('\n\n')) {
      const [event = '', data = ''] = rest.slice(0, end).split('\n');
      rest = rest.slice(end + 2);
      const said: unknown = JSON.parse(data.slice('data: '.length));
      if (event === 'event: end') ended = said;
      if (event === 'event: check' && isCheck(said)) told(said);
    }
  }
  return ended;
}

function isCheck(value: unknown): value is Check {
  return typeof value === 'object' && value !== null && 'id' in value && 'state' in value && 'evidence' in value;
}
