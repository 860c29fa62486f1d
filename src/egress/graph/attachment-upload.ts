/**
 * Puts one attachment into its upload session, piece by piece. The session's address holds its own proof: it is a secret,
 * never logged, and a bearer token would be refused there. A piece counts when the service says so.
 *
 * After a break, and after an answer that finds fault with the range, the session is asked for the byte that it expects next,
 * and the content is read again from there. A session that is not there any more has either ended with its last piece, whose
 * answer was lost, or it has expired: which of the two, only the draft can tell.
 */
import { z } from 'zod';
import type { Connections } from '../../microsoft/connections.ts';
import { type ExchangeAnswer, type ExchangeRequest, exchange } from '../../microsoft/exchange.ts';

/**
 * Below 4 MB (Graph, "Attach large files to Outlook messages"), and a multiple of 327,680, which other hosts ask for. Each
 * attempt holds one in memory; smaller ones would cost a round trip more for each.
 */
const pieceBytes = 8 * 327_680;
/** Breaks in a row, without a byte of progress between them, until the attempt is given up; the next goes on from there. */
const mostBreaks = 3;

export interface AttachmentUpload {
  /** From createUploadSession. Secret: whoever has it can write this attachment. */
  readonly uploadUrl: string;
  /** The session is not new: it is asked where it stands before the first piece. */
  readonly goesOn: boolean;
  /** Bytes of the content, as they were told to createUploadSession. */
  readonly size: number;
  /** The decoded content from its start; called again after a break. */
  readonly content: () => AsyncIterable<Buffer>;
  /** Deadlines of one request of so many bytes. */
  readonly deadlines: (bytes: number) => ExchangeRequest['deadlines'];
  readonly signal: AbortSignal;
  readonly started?: () => void;
}

export type Uploaded = {
  /** Bytes from which it went on, one for each break. */
  readonly resumedAt: readonly number[];
} & (
  | { readonly kind: 'done' }
  /** The session has ended: with its last piece, or without it. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'refused'; readonly answer: ExchangeAnswer }
  | { readonly kind: 'broken'; readonly why: string }
);

/**
 * The parts of an upload address; undefined for one that is not https, to which nothing is sent.
 */
export function uploadTarget(uploadUrl: string): { readonly origin: string; readonly path: string } | undefined {
  const url = URL.parse(uploadUrl);
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '') return undefined;
  return { origin: url.origin, path: `${url.pathname}${url.search}` };
}

/** @throws what reading the content throws; Error for an address that is not https, without the address */
export async function uploadAttachment(connections: Connections, upload: AttachmentUpload): Promise<Uploaded> {
  const target = uploadTarget(upload.uploadUrl);
  if (!target) throw new Error('The address of the upload session is not https.');
  const call = { ...target, signal: upload.signal };
  const resumedAt: number[] = [];
  let withoutProgress = 0;
  let from = 0;
  let run: Run | undefined;
  for (let first = true; ; first = false) {
    if (!first || upload.goesOn) {
      const asked = await exchange(connections, {
        ...call,
        method: 'GET',
        headers: {},
        deadlines: upload.deadlines(0),
      });
      const next = asked.kind === 'answered' ? stateOf(asked.answer) : 'unknown';
      if (next === 'gone') return { kind: 'gone', resumedAt };
      // Unknown for now: the same place is tried again, and an answer about the range says more.
      from = next === 'unknown' ? (run?.reached ?? 0) : next;
      if (from >= upload.size) return { kind: 'gone', resumedAt };
      resumedAt.push(from);
    }
    const startedAt = from;
    run = await putFrom(connections, call, upload, from);
    if (run.kind !== 'again') return { ...run, resumedAt };
    withoutProgress = run.reached > startedAt ? 1 : withoutProgress + 1;
    if (withoutProgress > mostBreaks || upload.signal.aborted) return { ...run.end, resumedAt };
  }
}

type End =
  | { readonly kind: 'refused'; readonly answer: ExchangeAnswer }
  | { readonly kind: 'broken'; readonly why: string };
type Run =
  | { readonly kind: 'done' | 'gone'; readonly reached: number }
  | { readonly kind: 'refused'; readonly answer: ExchangeAnswer; readonly reached: number }
  /** Something was wrong that may pass at once; `end` is what it comes to when it does not. */
  | { readonly kind: 'again'; readonly end: End; readonly reached: number };

async function putFrom(
  connections: Connections,
  call: Pick<ExchangeRequest, 'origin' | 'path'> & { readonly signal: AbortSignal },
  { size, content, deadlines, started }: AttachmentUpload,
  from: number,
): Promise<Run> {
  let reached = from;
  for await (const piece of piecesFrom(content(), from)) {
    const exchanged = await exchange(connections, {
      ...call,
      method: 'PUT',
      headers: {
        'content-type': 'application/octet-stream',
        'content-range': `bytes ${reached}-${reached + piece.length - 1}/${size}`,
      },
      body: { kind: 'whole', bytes: piece },
      deadlines: deadlines(piece.length),
      ...(started ? { started } : {}),
    });
    if (exchanged.kind === 'broken') return { kind: 'again', end: { kind: 'broken', why: exchanged.why }, reached };
    const { answer } = exchanged;
    if (answer.status >= 200 && answer.status <= 299) {
      reached += piece.length;
      continue;
    }
    if (isGone(answer.status)) return { kind: 'gone', reached };
    const mayPass = [400, 409, 412, 416].includes(answer.status) || (answer.status >= 500 && answer.status !== 503);
    if (mayPass) return { kind: 'again', end: { kind: 'refused', answer }, reached };
    return { kind: 'refused', answer, reached };
  }
  return { kind: 'done', reached };
}

function isGone(status: number): boolean {
  return status === 404 || status === 410;
}

/**
 * Pieces of the content from a byte on, all but the last of the same length. Each stands in the memory of the one before:
 * it must be done with when the next is asked for.
 */
async function* piecesFrom(content: AsyncIterable<Buffer>, from: number): AsyncGenerator<Buffer> {
  const piece = Buffer.allocUnsafeSlow(pieceBytes);
  let skip = from;
  let filled = 0;
  for await (const read of content) {
    let rest = read.subarray(Math.min(skip, read.length));
    skip -= read.length - rest.length;
    while (rest.length > 0) {
      const taken = rest.copy(piece, filled);
      rest = rest.subarray(taken);
      filled += taken;
      if (filled < pieceBytes) continue;
      yield piece;
      filled = 0;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}

/** Graph writes `nextExpectedRanges: ["0-"]`, the upload host `["2097152"]`; names have been seen in both cases. */
const rangesSchema = z
  .record(z.string(), z.unknown())
  .transform((fields) => Object.entries(fields).find(([name]) => name.toLowerCase() === 'nextexpectedranges')?.[1])
  .pipe(z.tuple([z.string().regex(/^\d+(?:-\d*)?$/)]).rest(z.string()))
  .transform(([first]) => Number.parseInt(first, 10));

/** The byte that the session expects next. */
function stateOf({ status, body }: ExchangeAnswer): number | 'gone' | 'unknown' {
  if (isGone(status)) return 'gone';
  if (status !== 200) return 'unknown';
  try {
    return rangesSchema.safeParse(JSON.parse(body.toString())).data ?? 'unknown';
  } catch {
    return 'unknown';
  }
}
