/** A node of the editor schema, as far as the loader and the reference page read it. */
import { z } from 'zod';

/** What is not named here is kept as it is, so that the editor schema stays whole. */
export interface SchemaNode {
  readonly [keyword: string]: unknown;
  readonly type?: string | string[] | undefined;
  readonly description?: string | undefined;
  readonly enum?: unknown[] | undefined;
  readonly required?: string[] | undefined;
  readonly properties?: Record<string, SchemaNode> | undefined;
  readonly items?: SchemaNode | undefined;
  readonly anyOf?: SchemaNode[] | undefined;
  /** As anyOf, for groups of which a key says which kind they are. */
  readonly oneOf?: SchemaNode[] | undefined;
}

export const schemaNode: z.ZodType<SchemaNode> = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  description: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  get properties(): z.ZodOptional<z.ZodRecord<z.ZodString, z.ZodType<SchemaNode>>> {
    return z.record(z.string(), schemaNode).optional();
  },
  get items(): z.ZodOptional<z.ZodType<SchemaNode>> {
    return schemaNode.optional();
  },
  get anyOf(): z.ZodOptional<z.ZodArray<z.ZodType<SchemaNode>>> {
    return z.array(schemaNode).optional();
  },
  get oneOf(): z.ZodOptional<z.ZodArray<z.ZodType<SchemaNode>>> {
    return z.array(schemaNode).optional();
  },
});

/** The nodes that a value may be held against: the node itself, or its alternatives. */
export function alternatives(node: SchemaNode): readonly SchemaNode[] {
  return node.anyOf ?? node.oneOf ?? [node];
}

/** The keys that a group at this node may have, over all alternatives; undefined when it can be no group. */
export function keysOf(node: SchemaNode): Readonly<Record<string, SchemaNode>> | undefined {
  const groups = alternatives(node).flatMap((each) => (each.properties ? [each.properties] : []));
  return groups.length === 0 ? undefined : Object.assign({}, ...groups);
}

/** The alternative that a group is meant to be, where one of its keys says so (`kind`); all of them otherwise. */
export function meantBy(node: SchemaNode, group: unknown): SchemaNode {
  const kind = typeof group === 'object' && group !== null && 'kind' in group ? group.kind : undefined;
  const meant = (node.oneOf ?? []).find(({ properties }) => {
    const { const: constant, default: usual } = properties?.['kind'] ?? {};
    return constant === (kind ?? usual);
  });
  return meant ?? node;
}

/** The node of a list's items; undefined when it can be no list. */
export function itemsOf(node: SchemaNode): SchemaNode | undefined {
  return alternatives(node).find((each) => each.items !== undefined)?.items;
}

/** Whether a value of this JSON type fits here. */
export function takes(node: SchemaNode, type: string): boolean {
  return alternatives(node).some((each) => [each.type ?? []].flat().includes(type));
}

/** The node of a path, as `connectors[0].userName`; `value` is what stands there, and tells which alternative is meant. */
export function nodeAt(root: SchemaNode, path: readonly (string | number)[], value?: unknown): SchemaNode | undefined {
  let node: SchemaNode | undefined = root;
  let here = value;
  for (const step of path) {
    if (node === undefined) return undefined;
    node = typeof step === 'number' ? itemsOf(node) : keysOf(meantBy(node, here))?.[step];
    here =
      typeof here === 'object' && here !== null
        ? Object.entries(here).find(([key]) => key === String(step))?.[1]
        : undefined;
  }
  return node;
}
