/**
 * What Microsoft publishes of Graph v1.0, as far as the practice tenant serves it: `schema.generated.json`, which `npm run generate`
 * writes from the metadata document where that lies beside the project. Names are without the namespace `microsoft.graph`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/**
 * A type as one word: `Edm.String?` may be null, `recipient[]` is a list, `Edm.String?[]` a list whose members may be null.
 */
const typeWord = z.string().regex(/^(?:Edm\.)?\w+\??(?:\[\])?$/);

const objectSchema = z.strictObject({
  base: z.string().optional(),
  abstract: z.literal(true).optional(),
  /** May hold more than is declared here. */
  open: z.literal(true).optional(),
  properties: z.record(z.string(), typeWord),
  /** Properties that lead to other entities. */
  navigation: z.record(z.string(), typeWord).optional(),
});

const operationSchema = z.strictObject({
  /** The type it is called on. */
  on: typeWord,
  parameters: z.record(z.string(), typeWord),
  returns: typeWord.optional(),
});

export const graphSchema = z.strictObject({
  sets: z.record(z.string(), z.string()),
  singletons: z.record(z.string(), z.string()),
  enums: z.record(z.string(), z.strictObject({ members: z.array(z.string()), flags: z.literal(true).optional() })),
  types: z.record(z.string(), objectSchema),
  actions: z.record(z.string(), z.array(operationSchema)),
});
export type GraphSchema = z.infer<typeof graphSchema>;
export type ObjectType = z.infer<typeof objectSchema>;
export type Operation = z.infer<typeof operationSchema>;

/** A type word, taken apart. */
export interface TypeUse {
  readonly name: string;
  /** Of the members, for a list. */
  readonly nullable: boolean;
  readonly list: boolean;
}

const uses = new Map<string, TypeUse>();

export function typeUse(word: string): TypeUse {
  const known = uses.get(word);
  if (known) return known;
  const list = word.endsWith('[]');
  const member = list ? word.slice(0, -2) : word;
  const nullable = member.endsWith('?');
  const use = { name: nullable ? member.slice(0, -1) : member, nullable, list };
  uses.set(word, use);
  return use;
}

/** The type and what it is based on, itself first. */
export function lineage(schema: GraphSchema, name: string): { readonly name: string; readonly type: ObjectType }[] {
  const found: { name: string; type: ObjectType }[] = [];
  for (let next: string | undefined = name; next !== undefined; ) {
    const type: ObjectType | undefined = schema.types[next];
    if (!type) throw new Error(`The schema has no type ${next}.`);
    found.push({ name: next, type });
    next = type.base;
  }
  return found;
}

/** Whether a type is another, or is based on it. */
export function isA(schema: GraphSchema, name: string, base: string): boolean {
  return name in schema.types && lineage(schema, name).some((each) => each.name === base);
}

export const schemaFile = join(import.meta.dirname, 'schema.generated.json');

/** The checked-in extract. @throws Error when the file is not what this code expects */
export function readGraphSchema(): GraphSchema {
  return graphSchema.parse(JSON.parse(readFileSync(schemaFile, 'utf8')));
}
