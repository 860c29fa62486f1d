/**
 * The seed file: in YAML, what stands in the tenants when the practice service starts. Everything in it is known
 * everywhere at once; delays begin with what is changed afterwards.
 */
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { cloudNames } from '../clouds.ts';
import { mailboxTypes } from '../directory/directory-state.ts';
import { profileSchema } from '../profile.ts';
import { SeedError } from './seed-error.ts';

const address = z.string().regex(/^[^\s@,;<>()]+@[^\s@,;<>()]+$/, 'must be one address, such as ada@contoso.example');
const guid = z.guid('must be a GUID');

const userSeed = z.strictObject({
  address,
  displayName: z.string().exactOptional(),
  password: z.string().min(1).exactOptional(),
  /** Directory roles, such as `Global Administrator`. */
  roles: z.array(z.string()).exactOptional(),
  mailbox: z.enum(mailboxTypes).exactOptional(),
  aliases: z.array(address).exactOptional(),
  maySendAs: z.array(z.union([address, z.literal('*')])).exactOptional(),
});

const groupSeed = z.strictObject({
  name: z.string().min(1),
  address: address.exactOptional(),
  kind: z.enum(['mail-enabled security', 'security', 'distribution', 'microsoft 365']).default('mail-enabled security'),
  description: z.string().exactOptional(),
  /** Addresses of users, or names of groups that stand above this one. */
  members: z.array(z.string()).default([]),
  owners: z.array(z.string()).default([]),
});

const applicationSeed = z.strictObject({
  name: z.string().min(1),
  clientId: guid.exactOptional(),
  /** App roles by value, granted. */
  permissions: z.array(z.string()).default([]),
  /** Number of days that a new client secret is good for; no secret when left out. */
  secretDays: z.number().int().min(1).exactOptional(),
  redirectUris: z.array(z.url()).default([]),
  publicClient: z.boolean().default(false),
});

const tenantSeed = z.strictObject({
  id: guid.exactOptional(),
  name: z.string().exactOptional(),
  domains: z
    .array(z.string().regex(/^[\w.-]+$/, 'must be a domain'))
    .min(1)
    .default(['contoso.example']),
  profile: z.enum(['documented', 'unlimited']).exactOptional(),
  limits: profileSchema.partial().exactOptional(),
  users: z.array(userSeed).default([]),
  groups: z.array(groupSeed).default([]),
  applications: z.array(applicationSeed).default([]),
  accessPolicies: z
    .array(
      z.strictObject({
        /** Name of an application above. */
        application: z.string(),
        right: z.enum(['RestrictAccess', 'DenyAccess']),
        /** Address of a user or a group. */
        scope: z.string(),
      }),
    )
    .default([]),
  smtpClientAuthentication: z.boolean().default(false),
});

export const seedSchema = z.strictObject({
  cloud: z.enum(cloudNames).exactOptional(),
  /** Tenants that another national cloud has, by domain or id: whoever asks for one here is told so. */
  elsewhere: z.record(z.string(), z.enum(cloudNames)).exactOptional(),
  tenants: z.array(tenantSeed).min(1),
});
export type Seed = z.infer<typeof seedSchema>;
export type TenantSeed = Seed['tenants'][number];

/** @throws SeedError naming file, line and key */
export function parseSeed(text: string, file: string): Seed {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineOf = (offset: number | undefined) => (offset === undefined ? 1 : lines.linePos(offset).line);
  const [broken] = document.errors;
  if (broken) throw new SeedError(`${file}:${lineOf(broken.pos[0])}: ${broken.message}`);
  const parsed = seedSchema.safeParse(document.toJS() ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = (issue?.path ?? []).filter((part) => typeof part !== 'symbol');
  throw new SeedError(
    `${file}:${lineOf(offsetOf(document, path))}: ${path.join('.') || 'the file'}: ${issue?.message}`,
  );
}

/** Where the nearest thing on this path stands in the file. */
function offsetOf(document: ReturnType<typeof parseDocument>, path: readonly (string | number)[]): number | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)) {
      const [start] = node.range;
      if (typeof start === 'number') return start;
    }
  }
  return undefined;
}
