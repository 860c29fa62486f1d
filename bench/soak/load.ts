/**
 * Mixed mail at a steady rate, by a library that is not ours: kept and new connections, small and large, by SMTP and HTTP.
 * What the server puts off (4xx, 429, 503) is tried again, as a client would; whatever else goes wrong is counted.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { createTransport } from 'nodemailer';
import { Agent, request } from 'undici';

export interface SoakLoad {
  readonly smtpPort: number;
  readonly httpPort: number;
  readonly ca: string;
  readonly apiKey: string;
  readonly from: string;
  readonly to: string;
  /** Messages a second. */
  readonly perSecond: number;
}

export interface Handed {
  readonly accepted: number;
  readonly putOff: number;
  /** What else happened, in words. */
  readonly failures: readonly string[];
}

/** In 100 messages: how many go which way. */
const shares = { kept: 70, new: 15, http: 10, large: 5 } as const;
const smallBytes = 8_000;
const largeBytes = 1_200_000;
const mostFailuresKept = 10;

/** Hands mail in until `until` (ms of performance.now). */
export async function handIn(load: SoakLoad, until: number): Promise<Handed> {
  const counts = { accepted: 0, putOff: 0 };
  const failures: string[] = [];
  const server = { host: '127.0.0.1', port: load.smtpPort, secure: false, ignoreTLS: true } as const;
  const kept = createTransport({ ...server, pool: true, maxConnections: 8, maxMessages: Number.POSITIVE_INFINITY });
  const single = createTransport(server);
  const http = new Agent({ connect: { ca: load.ca, servername: 'localhost' } });
  const text = 'The quick brown fox jumps over the lazy dog, and is billed for it.\r\n';
  const mail = (index: number, bytes: number) => ({
    from: load.from,
    to: load.to,
    subject: `Soak ${index}`,
    messageId: `<${index}@soak.example>`,
    text: text.repeat(Math.ceil(bytes / text.length)),
  });
  const byHttp = async (index: number) => {
    const answer = await request(`https://127.0.0.1:${load.httpPort}/v1/messages`, {
      method: 'POST',
      dispatcher: http,
      headers: { authorization: `Bearer ${load.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ from: load.from, to: [load.to], subject: `Soak ${index}`, text }),
    });
    const said = await answer.body.text();
    if (answer.statusCode !== 202) throw Object.assign(new Error(said), { responseCode: answer.statusCode });
  };
  const hand = (index: number) => {
    const way = index % 100;
    if (way < shares.kept) return kept.sendMail(mail(index, smallBytes));
    if (way < shares.kept + shares.new) return single.sendMail(mail(index, smallBytes));
    if (way < shares.kept + shares.new + shares.http) return byHttp(index);
    return kept.sendMail(mail(index, largeBytes));
  };
  const underWay = new Set<Promise<void>>();
  const everyMs = 1_000 / load.perSecond;
  let next = performance.now();
  for (let index = 0; performance.now() < until; index += 1) {
    const one = hand(index)
      .then(
        () => {
          counts.accepted += 1;
        },
        (error: unknown) => {
          if (isPutOff(error)) counts.putOff += 1;
          else if (failures.length < mostFailuresKept) failures.push(String(error));
        },
      )
      .finally(() => underWay.delete(one));
    underWay.add(one);
    next += everyMs;
    await pause(Math.max(0, next - performance.now()));
  }
  await Promise.all(underWay);
  kept.close();
  await http.close();
  return { ...counts, failures };
}

function isPutOff(error: unknown): boolean {
  if (!(error instanceof Error) || !('responseCode' in error)) return false;
  const code = Number(error.responseCode);
  return (code >= 400 && code < 500 && code !== 401 && code !== 403) || code === 503;
}
