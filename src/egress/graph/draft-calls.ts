/**
 * The calls by which a draft is made, filled and sent, each with the one success that it has. Whatever else is answered ends
 * the attempt: `DraftStop` carries what it came to. Ids are immutable ones, which stay when a message is sent.
 * Source: Graph v1.0 "Create message", "Add attachment", "attachment: createUploadSession", "message: send".
 */
import { z } from 'zod';
import type { ExchangeBody } from '../../microsoft/exchange.ts';
import { classifyDraftStep } from '../classify.ts';
import { type Finding, finding, notReached } from '../finding.ts';
import { uploadTarget } from './attachment-upload.ts';
import { type Called, callGraph, type GraphAccess, type GraphCall } from './graph-call.ts';

/** An attempt that has come to its end before the draft was sent. */
export class DraftStop extends Error {
  readonly finding: Finding;

  constructor(found: Finding) {
    super(found.answer.message ?? found.verdict.outcome);
    this.name = 'DraftStop';
    this.finding = found;
  }
}

export interface NewAttachment {
  readonly name: string;
  readonly contentType: string;
  readonly contentId?: string;
  readonly isInline: boolean;
  /** Of the decoded content, in bytes. */
  readonly size: number;
}

/** Where a message is that was a draft. */
export type Whereabouts = 'draft' | 'sent' | 'gone';

const immutableIds = { prefer: 'IdType="ImmutableId"' };
const idSchema = z.object({ id: z.string().regex(/^[\w=+/-]+$/) });
const listSchema = z.object({ value: z.array(idSchema), '@odata.nextLink': z.string().optional() });
const sessionSchema = z.object({ uploadUrl: z.string().refine((url) => uploadTarget(url) !== undefined) });
const stateSchema = z.object({ isDraft: z.boolean() });

/** More attachments than Exchange takes in one message. */
const mostListed = 500;

/** The answer to a new draft holds its text, in bytes. */
const mostOfNewDraft = 16 * 1024 * 1024;

/** Bytes that are encoded at a time; a multiple of three, so that the pieces join without padding between them. */
const pieceBytes = 48 * 1024;

type Caller = Pick<GraphCall, 'sender' | 'clientRequestId' | 'signal'>;

export class DraftCalls {
  readonly #access: GraphAccess;
  readonly #caller: Caller;

  constructor(access: GraphAccess, caller: Caller) {
    this.#access = access;
    this.#caller = caller;
  }

  /** @returns the id of the new draft @throws DraftStop */
  async create(mime: { readonly body: () => ExchangeBody; readonly size: number }): Promise<string> {
    const body = await this.#expect(201, {
      path: '/messages',
      method: 'POST',
      headers: { ...immutableIds, 'content-type': 'text/plain' },
      ...mime,
      answerBytes: mostOfNewDraft,
    });
    return read(body, idSchema).id;
  }

  /** @returns undefined when the draft is not there @throws DraftStop */
  async countAttachments(draftId: string): Promise<number | undefined> {
    const path = `${pathOf(draftId)}/attachments?$select=id&$top=${mostListed}`;
    const called = await this.#call({ path, method: 'GET', headers: immutableIds, size: 0 });
    if (called.kind === 'answered' && called.read.judged.status === 404) return undefined;
    const { value, '@odata.nextLink': more } = read(succeeded(called, 200), listSchema);
    if (more !== undefined) throw stop('The list of attachments has a second page.');
    return value.length;
  }

  /** For what fits into one request. @throws DraftStop */
  async attach(draftId: string, attachment: NewAttachment, content: Buffer): Promise<void> {
    const fields = { '@odata.type': '#microsoft.graph.fileAttachment', ...fieldsOf(attachment), contentBytes: '' };
    // The content is the last field: it goes between its two quotes, encoded in pieces while it goes out.
    const head = Buffer.from(JSON.stringify(fields).slice(0, -2));
    const size = head.length + Math.ceil(content.length / 3) * 4 + 2;
    function* pieces(): Generator<Buffer> {
      yield head;
      for (let at = 0; at < content.length; at += pieceBytes)
        yield Buffer.from(content.subarray(at, at + pieceBytes).toString('base64'), 'latin1');
      yield Buffer.from('"}');
    }
    await this.#expect(201, {
      path: `${pathOf(draftId)}/attachments`,
      method: 'POST',
      headers: { ...immutableIds, 'content-type': 'application/json' },
      body: () => ({ kind: 'pieces', length: size, pieces: pieces() }),
      size,
    });
  }

  /** @returns the address for the pieces: a secret @throws DraftStop */
  async openSession(draftId: string, attachment: NewAttachment): Promise<string> {
    const { size } = attachment;
    const item = { AttachmentItem: { attachmentType: 'file', ...fieldsOf(attachment), size } };
    const bytes = Buffer.from(JSON.stringify(item));
    const body = await this.#expect(201, {
      path: `${pathOf(draftId)}/attachments/createUploadSession`,
      method: 'POST',
      headers: { ...immutableIds, 'content-type': 'application/json' },
      body: () => ({ kind: 'whole', bytes }),
      size: bytes.length,
    });
    return read(body, sessionSchema).uploadUrl;
  }

  /** @throws DraftStop */
  async whereabouts(draftId: string): Promise<Whereabouts> {
    const path = `${pathOf(draftId)}?$select=id,isDraft`;
    const called = await this.#call({ path, method: 'GET', headers: immutableIds, size: 0 });
    if (called.kind === 'answered' && called.read.judged.status === 404) return 'gone';
    return read(succeeded(called, 200), stateSchema).isDraft ? 'draft' : 'sent';
  }

  /** Drafts with this Message-ID, with its angle brackets. @throws DraftStop */
  async findDrafts(internetMessageId: string): Promise<readonly string[]> {
    return this.#find('drafts', internetMessageId);
  }

  /** @throws DraftStop */
  async isInSentItems(internetMessageId: string): Promise<boolean> {
    return (await this.#find('sentitems', internetMessageId)).length > 0;
  }

  /** Takes a draft out of the mailbox: the first call puts it into Deleted Items, the second takes it from there. @throws DraftStop */
  async remove(draftId: string): Promise<void> {
    for (let times = 0; times < 2; times += 1) {
      const called = await this.#call({ path: pathOf(draftId), method: 'DELETE', headers: immutableIds, size: 0 });
      if (called.kind === 'answered' && called.read.judged.status === 404) return;
      succeeded(called, 204);
    }
  }

  /** The answer is for the caller to judge: an attempt may end here in more than one way. */
  send(draftId: string): Promise<Called> {
    return this.#call({ path: `${pathOf(draftId)}/send`, method: 'POST', headers: immutableIds, size: 0 });
  }

  async #find(folder: string, internetMessageId: string): Promise<readonly string[]> {
    // A quote within an OData string is doubled.
    const filter = encodeURIComponent(`internetMessageId eq '${internetMessageId.replaceAll("'", "''")}'`);
    const path = `/mailFolders/${folder}/messages?$filter=${filter}&$select=id`;
    const body = await this.#expect(200, { path, method: 'GET', headers: immutableIds, size: 0 });
    return read(body, listSchema).value.map(({ id }) => id);
  }

  async #expect(status: number, call: Omit<GraphCall, keyof Caller>): Promise<Buffer> {
    return succeeded(await this.#call(call), status);
  }

  #call(call: Omit<GraphCall, keyof Caller>): Promise<Called> {
    return callGraph(this.#access, { ...this.#caller, ...call });
  }
}

function succeeded(called: Called, status: number): Buffer {
  switch (called.kind) {
    case 'not-begun':
      throw new DraftStop(called.finding);
    case 'broken':
      // Nothing is sent by it, whether it was done or not.
      throw new DraftStop(finding(notReached, { message: called.why }));
    case 'answered': {
      const { judged, answer, retryAfterMs } = called.read;
      if (judged.status === status) return called.exchanged.body;
      throw new DraftStop({ verdict: classifyDraftStep(judged), answer, retryAfterMs });
    }
  }
}

function fieldsOf({ name, contentType, contentId, isInline }: NewAttachment) {
  return { name, contentType, isInline, ...(contentId === undefined ? {} : { contentId }) };
}

function pathOf(draftId: string): string {
  return `/messages/${encodeURIComponent(draftId)}`;
}

function read<T>(body: Buffer, schema: z.ZodType<T>): T {
  const { data } = schema.safeParse(parse(body));
  if (data === undefined) throw stop('The answer of Graph is not as documented.');
  return data;
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

function stop(message: string): DraftStop {
  return new DraftStop(finding({ outcome: 'deferred', scope: 'message', fault: 'unlisted-answer' }, { message }));
}
