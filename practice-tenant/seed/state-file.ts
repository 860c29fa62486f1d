/**
 * The state file: the tenants with their mail, their clock and the certificate authority, kept from one start to the next.
 * JSON, one value a line: the tenants first, then each body once, then the items of the mailboxes. It holds practice secrets
 * and a private key, hence mode 0600; it is written whole beside the old one, which it then replaces, so that a crash leaves
 * one or the other.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { z } from 'zod';
import { cloudNames } from '../clouds.ts';
import { directoryStateSchema } from '../directory/directory-state.ts';
import type { KeptMailboxes } from '../mailboxes/mailboxes.ts';
import { profileSchema } from '../profile.ts';
import { copyOf, keptCopy, keptCopySchema, nameOfBody } from './kept-mail.ts';
import { SeedError } from './seed-error.ts';

const authority = z.object({ caPem: z.string(), privateKeyPem: z.string() });
/** As it was before mail was kept. */
const firstFormat = z.object({ format: z.literal(1), authority, tenants: z.array(directoryStateSchema).min(1) });
const headSchema = z.object({
  format: z.literal(2),
  authority,
  cloud: z.enum(cloudNames),
  clockOffsetMs: z.number(),
  elsewhere: z.record(z.string(), z.enum(cloudNames)),
  tenants: z
    .array(
      z.object({
        directory: directoryStateSchema,
        // States from before tokens lived at random do not name it.
        profile: profileSchema.extend({
          accessTokenSpreadSeconds: profileSchema.shape.accessTokenSpreadSeconds.default(0),
          mailboxAnswerMs: profileSchema.shape.mailboxAnswerMs.default(0),
        }),
        accepted: z.number(),
        nextNumber: z.number(),
      }),
    )
    .min(1),
});
const lineSchema = z.union([
  z.object({ body: z.string(), base64: z.string() }),
  /** Number of the tenant in the list above. */
  z.object({ tenant: z.number(), copy: keptCopySchema }),
]);

type Head = z.infer<typeof headSchema>;
type KeptTenant = Pick<Head['tenants'][number], 'directory'> & {
  readonly profile: Head['tenants'][number]['profile'] | undefined;
  readonly mail: KeptMailboxes;
};
export interface KeptState extends Pick<Head, 'authority' | 'clockOffsetMs' | 'elsewhere'> {
  readonly cloud: Head['cloud'] | undefined;
  readonly tenants: readonly KeptTenant[];
}

/** What was kept, or undefined when there is no such file yet. @throws SeedError when it cannot be read as a state */
export function readState(file: string): KeptState | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return parseState(readFileSync(file));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : error instanceof Error ? error.message : error;
    throw new SeedError(`${file} is not a state of the practice tenant (${why}). Move it away to begin anew.`);
  }
}

function parseState(bytes: Buffer): KeptState {
  const lines = linesOf(bytes);
  const head = z.union([headSchema, firstFormat]).parse(JSON.parse(lines.next().value ?? ''));
  if (head.format === 1) {
    const mail = { accepted: 0, nextNumber: 1, copies: [] };
    const tenants = head.tenants.map((directory) => ({ directory, profile: undefined, mail }));
    return { authority: head.authority, cloud: undefined, clockOffsetMs: 0, elsewhere: {}, tenants };
  }
  const bodies = new Map<string, Buffer>();
  const copies = head.tenants.map((): KeptMailboxes['copies'][number][] => []);
  for (const line of lines) {
    const value = lineSchema.parse(JSON.parse(line));
    if ('body' in value) bodies.set(value.body, Buffer.from(value.base64, 'base64'));
    else copies[value.tenant]?.push(copyOf(value.copy, bodies));
  }
  const tenants = head.tenants.map(({ directory, profile, accepted, nextNumber }, index) => ({
    directory,
    profile,
    mail: { accepted, nextNumber, copies: copies[index] ?? [] },
  }));
  return { ...head, tenants };
}

function* linesOf(bytes: Buffer): Generator<string, undefined> {
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(10, start);
    const line = bytes.toString('utf8', start, end === -1 ? bytes.length : end);
    if (line !== '') yield line;
    start = end === -1 ? bytes.length : end + 1;
  }
  return undefined;
}

/** @throws Error when the file cannot be written; what was there stays then */
export function writeState(file: string, state: KeptState & { readonly cloud: Head['cloud'] }): void {
  const fresh = `${file}.new`;
  // Left over from a crash, it would keep the mode of whoever made it.
  rmSync(fresh, { force: true });
  const handle = openSync(fresh, 'wx', 0o600);
  try {
    for (const piece of pieces(state)) writeWhole(handle, piece);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(fresh, file);
}

/** writeSync may take a part alone. */
function writeWhole(handle: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length; ) done += writeSync(handle, bytes, done);
}

const pieceLength = 1024 * 1024;

/** The lines, many to a write. */
function* pieces(state: KeptState & { readonly cloud: Head['cloud'] }): Generator<string> {
  let piece = '';
  for (const value of values(state)) {
    piece += `${JSON.stringify(value)}\n`;
    if (piece.length < pieceLength) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

function* values({
  tenants,
  authority: kept,
  cloud,
  clockOffsetMs,
  elsewhere,
}: KeptState & { readonly cloud: Head['cloud'] }): Generator<object> {
  yield {
    format: 2,
    authority: kept,
    cloud,
    clockOffsetMs,
    elsewhere,
    tenants: tenants.map(({ directory, profile, mail: { accepted, nextNumber } }) => ({
      directory,
      profile,
      accepted,
      nextNumber,
    })),
  };
  const written = new Map<Buffer, string>();
  const names = new Set<string>();
  for (const [tenant, { mail }] of tenants.entries())
    for (const copy of mail.copies) {
      const fresh: object[] = [];
      const line = {
        tenant,
        copy: keptCopy(copy, (bytes) => {
          const name = written.get(bytes) ?? nameOfBody(bytes);
          written.set(bytes, name);
          if (!names.has(name)) fresh.push({ body: name, base64: bytes.toString('base64') });
          names.add(name);
          return name;
        }),
      };
      yield* fresh;
      yield line;
    }
}
