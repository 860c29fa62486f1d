/** Replays the samples of one file against a fresh practice tenant, in their order, over its sockets. */
import { Agent, fetch } from 'undici';
import { startPracticeTenant } from '../../practice-tenant/tenant.ts';
import { type Person, personWithBrowser } from '../harness/person-with-browser.ts';
import type { Sample } from './sample.ts';
import { admin, surroundings, tokens } from './surroundings.ts';

export interface Replayed {
  readonly name: string;
  /** What was not as documented; undefined when all was. */
  readonly problem: string | undefined;
}

/** What became of each sample. */
export async function replay(samples: readonly Sample[]): Promise<Replayed[]> {
  const tenant = await startPracticeTenant({
    users: ['noreply@contoso.example', 'ada@contoso.example'],
    profile: 'unlimited',
  });
  const dispatcher = new Agent({ connect: { ca: tenant.caPem } });
  const replayed: Replayed[] = [];
  try {
    tenant.addUser(admin, { directoryRoles: ['Global Administrator'] });
    const names = await surroundings(tenant);
    await using person = await personWithBrowser(tenant, admin);
    const bearer = await tokens(tenant, person, dispatcher, names);
    const stage: Stage = { origin: tenant.origin, dispatcher, person, bearer, names };
    for (const sample of samples) replayed.push({ name: sample.name, problem: await problemOf(stage, sample) });
  } finally {
    await dispatcher.close();
    await tenant.close();
  }
  return replayed;
}

interface Stage {
  readonly origin: string;
  readonly dispatcher: Agent;
  readonly person: Person;
  readonly bearer: { readonly app: string; readonly admin: string };
  /** Grows with what samples keep. */
  readonly names: Record<string, string>;
}

interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: unknown;
}

async function problemOf(stage: Stage, sample: Sample): Promise<string | undefined> {
  try {
    const [, method = '', path = ''] = /^(\S+) (.*)$/s.exec(filled(stage, sample.request)) ?? [];
    const url = addressOf(stage, path);
    const answer = await asked(stage, sample, method, url);
    const problems = [
      ...(answer.status === sample.status ? [] : [`is ${answer.status}, not ${sample.status}`]),
      ...(sample.status === 202 || sample.status === 204 ? missing('', answer.body, 'the answer') : []),
      ...missing(withNames(stage, sample.holds), answer.body, 'the answer'),
      ...Object.entries(sample.answers).flatMap(([name, value]) =>
        missing(filled(stage, value), answer.headers.get(name), `the header ${name}`),
      ),
    ];
    if (problems.length > 0) return `${problems.join('; ')}: ${JSON.stringify(answer.body)?.slice(0, 500)}`;
    for (const [name, place] of Object.entries(sample.keep)) stage.names[name] = keptFrom(answer, place);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** `login/…` is the sign-in host, `/…` is Graph, and anything else an address by itself. */
function addressOf({ origin }: Stage, path: string): string {
  if (path.startsWith('login/')) return `${origin}/${path.slice('login/'.length)}`;
  return path.startsWith('/') ? `${origin}/v1.0${path}` : path;
}

async function asked(stage: Stage, sample: Sample, method: string, url: string): Promise<Answer> {
  const { person, dispatcher, bearer } = stage;
  if (sample.ends) {
    const end = new URL(await person.consentAt(url));
    return { status: 302, headers: new Map(), body: Object.fromEntries(end.searchParams) };
  }
  if (sample.enters !== undefined) {
    await person.enterCode(url, filled(stage, sample.enters));
    return { status: 200, headers: new Map(), body: undefined };
  }
  const { type, body } = bodyOf(stage, sample);
  const token = sample.as === 'nobody' ? undefined : bearer[sample.as];
  const answer = await fetch(url, {
    dispatcher,
    method,
    redirect: 'manual',
    headers: {
      ...(token === undefined || url.includes('/oauth2/') ? {} : { authorization: `Bearer ${token}` }),
      ...(type === undefined ? {} : { 'content-type': type }),
      ...sample.headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  const text = await answer.text();
  const isJson = /json/.test(answer.headers.get('content-type') ?? '');
  return { status: answer.status, headers: new Map(answer.headers), body: isJson ? JSON.parse(text) : text };
}

function bodyOf(stage: Stage, sample: Sample): { type?: string; body?: string } {
  if (sample.form) {
    const fields = Object.entries(sample.form).map(([name, value]): [string, string] => [name, filled(stage, value)]);
    return { type: 'application/x-www-form-urlencoded', body: new URLSearchParams(fields).toString() };
  }
  if (sample.base64 !== undefined)
    return {
      type: 'text/plain',
      body: Buffer.from(filled(stage, sample.base64).replaceAll('\n', '\r\n')).toString('base64'),
    };
  if (sample.text !== undefined) return { body: filled(stage, sample.text) };
  if (sample.json === undefined) return {};
  return { type: 'application/json', body: JSON.stringify(withNames(stage, sample.json)) };
}

function filled({ names }: Stage, text: string): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => names[name] ?? whole);
}

/** A value with the names in all of its texts replaced. */
function withNames(stage: Stage, value: unknown): unknown {
  if (typeof value === 'string') return filled(stage, value);
  if (Array.isArray(value)) return value.map((each) => withNames(stage, each));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withNames(stage, each)]));
}

/** What of the wanted value is not in the one that came; a list is wanted whole, an object by the properties that it names. */
function missing(wanted: unknown, came: unknown, place: string): string[] {
  if (wanted === undefined) return [];
  if (wanted === '*') return came === undefined || came === null || came === '' ? [`${place} is missing`] : [];
  if (Array.isArray(wanted))
    return Array.isArray(came) && came.length === wanted.length
      ? wanted.flatMap((each, index) => missing(each, came[index], `${place}[${index}]`))
      : [`${place} is no list of ${wanted.length}`];
  if (typeof wanted === 'object' && wanted !== null)
    return typeof came === 'object' && came !== null
      ? Object.entries(wanted).flatMap(([name, each]) => missing(each, Reflect.get(came, name), `${place}.${name}`))
      : [`${place} is no object`];
  return wanted === came ? [] : [`${place} is ${JSON.stringify(came)}, not ${JSON.stringify(wanted)}`];
}

function keptFrom(answer: Answer, place: string): string {
  const header = /^header (.+)$/.exec(place)?.[1];
  const found =
    header === undefined
      ? place
          .split('.')
          .reduce<unknown>((at, name) => (at === undefined ? at : Reflect.get(Object(at), name)), answer.body)
      : answer.headers.get(header);
  if (typeof found !== 'string' && typeof found !== 'number') throw new Error(`nothing to keep at ${place}`);
  return String(found);
}
