/**
 * Reads Microsoft's metadata document (CSDL, 3.5 MB of XML) and takes out what `served.ts` names, with every type that it
 * leads to. Source: OData CSDL XML Representation 4.01.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { XMLParser } from 'fast-xml-parser';
import { z } from 'zod';
import { type GraphSchema, type ObjectType, typeUse } from './schema.ts';
import { served } from './served.ts';

/** Where the document lies, beside the project. It is not part of it. */
export const metadataFile = join(import.meta.dirname, '../../../shared/reference/graph/v1.0.csdl.xml');

export function isMetadataThere(): boolean {
  return existsSync(metadataFile);
}

const flag = z.enum(['true', 'false']).optional();
const named = { Name: z.string(), Type: z.string(), Nullable: flag };
const property = z.object(named);
const objectType = z.object({
  Name: z.string(),
  BaseType: z.string().optional(),
  Abstract: flag,
  OpenType: flag,
  Property: z.array(property).default([]),
  NavigationProperty: z.array(property).default([]),
});
const schemaElement = z.object({
  Namespace: z.string(),
  EnumType: z
    .array(z.object({ Name: z.string(), IsFlags: flag, Member: z.array(z.object({ Name: z.string() })).default([]) }))
    .default([]),
  ComplexType: z.array(objectType).default([]),
  EntityType: z.array(objectType).default([]),
  Action: z
    .array(
      z.object({
        Name: z.string(),
        Parameter: z.array(property).default([]),
        ReturnType: z.array(z.object({ Type: z.string(), Nullable: flag })).default([]),
      }),
    )
    .default([]),
  EntityContainer: z
    .array(
      z.object({
        EntitySet: z.array(z.object({ Name: z.string(), EntityType: z.string() })).default([]),
        Singleton: z.array(z.object({ Name: z.string(), Type: z.string() })).default([]),
      }),
    )
    .default([]),
});
const documentSchema = z.object({
  'edmx:Edmx': z.array(z.object({ 'edmx:DataServices': z.array(z.object({ Schema: z.array(schemaElement) })) })),
});
type SchemaElement = z.infer<typeof schemaElement>;

/** The extract. @throws Error when the document is not there, is no CSDL, or lacks something that is served */
export function readMetadata(file = metadataFile): GraphSchema {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    parseAttributeValue: false,
    isArray: (_name, _path, _isLeaf, isAttribute) => !isAttribute,
  });
  const document = documentSchema.parse(parser.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, '')));
  const main = document['edmx:Edmx']
    .flatMap((each) => each['edmx:DataServices'])
    .flatMap(({ Schema }) => Schema)
    .find(({ Namespace }) => Namespace === 'microsoft.graph');
  if (!main) throw new Error(`${file} has no schema of microsoft.graph.`);
  return extract(main);
}

function extract(main: SchemaElement): GraphSchema {
  const objects = new Map([...main.ComplexType, ...main.EntityType].map((each) => [each.Name, each]));
  const enums = new Map(main.EnumType.map((each) => [each.Name, each]));
  const container = main.EntityContainer[0];
  const sets = pick(served.sets, (name) => container?.EntitySet.find((each) => each.Name === name)?.EntityType);
  const singletons = pick(served.singletons, (name) => container?.Singleton.find((each) => each.Name === name)?.Type);

  // Everything that a property of something served leads to. Navigation properties are followed only to what is taken anyway.
  const taken = new Set<string>();
  const take = (word: string) => {
    const { name } = typeUse(word);
    if (name.startsWith('Edm.') || taken.has(name)) return;
    taken.add(name);
    const type = objects.get(name);
    if (!type) {
      if (!enums.has(name)) throw new Error(`The metadata document has no type ${name}.`);
      return;
    }
    if (type.BaseType !== undefined) take(short(type.BaseType));
    for (const each of type.Property) take(wordOf(each));
  };
  for (const name of [...Object.values(sets), ...Object.values(singletons), ...served.types]) take(name);

  const actionsNamed = (name: string) =>
    main.Action.filter((each) => each.Name === name).flatMap((action) => {
      const [binding, ...parameters] = action.Parameter;
      const on = binding ? wordOf(binding) : '';
      if (!taken.has(typeUse(on).name)) return [];
      const [returned] = action.ReturnType;
      for (const each of [...parameters, ...action.ReturnType]) take(wordOf(each));
      return {
        on,
        parameters: Object.fromEntries(parameters.map((each) => [each.Name, wordOf(each)])),
        ...(returned ? { returns: wordOf(returned) } : {}),
      };
    });
  const actions = Object.fromEntries(served.actions.map((name) => [name, actionsNamed(name)]));

  const names = [...taken].sort();
  return {
    sets,
    singletons,
    enums: Object.fromEntries(
      names.flatMap((name) => {
        const found = enums.get(name);
        if (!found) return [];
        const members = found.Member.map((each) => each.Name);
        return [[name, { members, ...(found.IsFlags === 'true' ? { flags: true } : {}) }]];
      }),
    ),
    types: Object.fromEntries(
      names.flatMap((name) => {
        const found = objects.get(name);
        return found ? [[name, objectOf(found, taken)]] : [];
      }),
    ),
    actions,
  };
}

function objectOf(type: z.infer<typeof objectType>, taken: ReadonlySet<string>): ObjectType {
  const navigation = type.NavigationProperty.map((each): [string, string] => [each.Name, wordOf(each)]).filter(
    ([, word]) => taken.has(typeUse(word).name),
  );
  return {
    ...(type.BaseType === undefined ? {} : { base: short(type.BaseType) }),
    ...(type.Abstract === 'true' ? { abstract: true } : {}),
    ...(type.OpenType === 'true' ? { open: true } : {}),
    properties: Object.fromEntries(type.Property.map((each) => [each.Name, wordOf(each)])),
    ...(navigation.length > 0 ? { navigation: Object.fromEntries(navigation) } : {}),
  };
}

function pick(names: readonly string[], typeOf: (name: string) => string | undefined): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => {
      const type = typeOf(name);
      if (type === undefined) throw new Error(`The metadata document has no ${name}.`);
      return [name, short(type)];
    }),
  );
}

/** As `schema.ts` writes a type. What says nothing may be null. */
function wordOf({ Type, Nullable }: { readonly Type: string; readonly Nullable?: string | undefined }): string {
  const member = /^Collection\((.*)\)$/.exec(Type)?.[1];
  return `${short(member ?? Type)}${Nullable === 'false' ? '' : '?'}${member === undefined ? '' : '[]'}`;
}

function short(type: string): string {
  return type.replace(/^(?:microsoft\.)?graph\./, '');
}
