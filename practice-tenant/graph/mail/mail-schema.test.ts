/** Holds what the mail part answers against Microsoft's published schema, where that lies beside the project. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ada, jsonMessage, mailUnderTest, sender } from './mail-under-test.sample.ts';

const file = join(import.meta.dirname, '../../../../shared/reference/graph/v1.0.csdl.xml');
const isThere = existsSync(file);
if (!isThere) process.stderr.write(`SKIPPED: the answers of mail are not held against ${file}, which is not there.\n`);
const metadata = isThere ? readFileSync(file, 'utf8') : '';

interface Property {
  readonly type: string;
  readonly nullable: boolean;
}
interface TypeOfObject {
  readonly base: string | undefined;
  readonly properties: ReadonlyMap<string, Property>;
}

function attribute(tag: string, name: string): string | undefined {
  return new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1];
}

const known = new Map<string, TypeOfObject>();
/** The properties of a type and of what it is based on. */
function typeNamed(name: string): TypeOfObject {
  const short = name.replace(/^(?:microsoft\.)?graph\./, '');
  const found = known.get(short);
  if (found) return found;
  const start = new RegExp(`<(EntityType|ComplexType)\\b[^>]*\\bName="${short}"[^>]*>`).exec(metadata);
  if (!start) throw new Error(`The schema has no type ${short}.`);
  const rest = metadata.slice(start.index);
  const text = start[0].endsWith('/>') ? start[0] : rest.slice(0, rest.indexOf(`</${start[1]}>`));
  const own = [...text.matchAll(/<(?:Navigation)?Property Name[^>]*>/g)].map(([tag]): [string, Property] => [
    attribute(tag, 'Name') ?? '',
    { type: attribute(tag, 'Type') ?? '', nullable: attribute(tag, 'Nullable') !== 'false' },
  ]);
  const base = attribute(start[0], 'BaseType');
  const inherited = base ? typeNamed(base).properties : new Map<string, Property>();
  const type = { base, properties: new Map([...inherited, ...own]) };
  known.set(short, type);
  return type;
}

const primitives: Readonly<Record<string, (value: unknown) => boolean>> = {
  'Edm.String': (value) => typeof value === 'string',
  'Edm.Boolean': (value) => typeof value === 'boolean',
  'Edm.Int32': (value) => Number.isInteger(value),
  'Edm.Int64': (value) => Number.isInteger(value),
  'Edm.Binary': (value) => typeof value === 'string' && /^[\w+/-]*={0,2}$/.test(value),
  'Edm.DateTimeOffset': (value) =>
    typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/.test(value),
};

function violations(value: unknown, type: string, place: string): string[] {
  const list = /^Collection\((.*)\)$/.exec(type)?.[1];
  if (list !== undefined)
    return Array.isArray(value)
      ? value.flatMap((each, index) => violations(each, list, `${place}[${index}]`))
      : [`${place} is no list`];
  const primitive = primitives[type];
  if (primitive) return primitive(value) ? [] : [`${place} is no ${type}: ${JSON.stringify(value)}`];
  const short = type.replace(/^(?:microsoft\.)?graph\./, '');
  const members = new RegExp(`<EnumType Name="${short}"[^>]*>([\\s\\S]*?)</EnumType>`).exec(metadata)?.[1];
  if (members !== undefined)
    return members.includes(`Name="${String(value)}"`) ? [] : [`${place} is no ${short}: ${String(value)}`];
  if (typeof value !== 'object' || value === null) return [`${place} is no object`];
  const annotated = Object.entries(value).find(([name]) => name === '@odata.type')?.[1];
  const { properties } = typeNamed(typeof annotated === 'string' ? annotated.slice(1) : type);
  return Object.entries(value).flatMap(([name, each]) => {
    if (name.includes('@')) return [];
    const property = properties.get(name);
    if (!property) return [`${place}.${name} is unknown to ${type}`];
    if (each === null) return property.nullable ? [] : [`${place}.${name} is null`];
    return violations(each, property.type, `${place}.${name}`);
  });
}

describe.skipIf(!isThere)('answers fit the schema that Microsoft publishes', () => {
  const contentBytes = Buffer.from('hello').toString('base64');
  const item = { '@odata.type': '#microsoft.graph.message', ...jsonMessage({ subject: 'within' }) };
  const attachments = [
    { '@odata.type': '#microsoft.graph.fileAttachment', name: 'a.txt', contentType: 'text/plain', contentBytes },
    { '@odata.type': '#microsoft.graph.itemAttachment', name: 'inner', item },
  ];
  const internetMessageHeaders = [{ name: 'x-own', value: '1' }];
  const body = jsonMessage({ attachments, internetMessageHeaders, flag: { flagStatus: 'flagged' }, categories: ['a'] });

  it('drafts-sent-and-received-messages', async () => {
    const { ask } = mailUnderTest();
    const draft = await ask('POST', '/messages', { body });
    expect(violations(draft.json, 'graph.message', 'draft')).toEqual([]);
    await ask('POST', `/messages/${draft.json.id}/send`);
    for (const path of ['/messages', `/users/${ada}/mailFolders/inbox/messages`]) {
      const query = '$expand=attachments&$select=body,internetMessageHeaders,uniqueBody,from,sender,toRecipients,flag';
      const whole = await ask('GET', path);
      const chosen = await ask('GET', `${path}?${query}`);
      expect(violations(whole.json.value, 'Collection(graph.message)', path)).toEqual([]);
      expect(violations(chosen.json.value, 'Collection(graph.message)', path)).toEqual([]);
      expect(chosen.json.value[0].attachments).toHaveLength(2);
    }
  });

  it('attachments-folders-and-upload-sessions', async () => {
    const { ask, upload } = mailUnderTest();
    const { id } = (await ask('POST', '/messages', { body })).json;
    const place = `/messages/${id}/attachments`;
    const listed = await ask('GET', place);
    expect(violations(listed.json.value, 'Collection(graph.attachment)', place)).toEqual([]);
    const query = '$expand=microsoft.graph.itemattachment/item';
    const inner = await ask('GET', `${place}/${listed.json.value[1].id}?${query}`);
    expect(violations(inner.json, 'graph.itemAttachment', 'item')).toEqual([]);
    const folders = await ask('GET', '/mailFolders');
    expect(violations(folders.json.value, 'Collection(graph.mailFolder)', 'folders')).toEqual([]);
    const AttachmentItem = { attachmentType: 'file', name: 'b', size: 3_000_000 };
    const session = await ask('POST', `${place}/createUploadSession`, { body: { AttachmentItem } });
    expect(violations(session.json, 'graph.uploadSession', 'session')).toEqual([]);
    expect((await upload('GET', session.json.uploadUrl)).status).toBe(200);
  });

  it('every-property-of-the-schema-is-taken-in-a-request', async () => {
    const { ask } = mailUnderTest();
    for (const name of typeNamed('graph.message').properties.keys()) {
      const answer = await ask('POST', '/sendMail', { body: { message: { ...jsonMessage(), [name]: null } } });
      // Without recipients it is refused for that, and for nothing else.
      expect([name, answer.status]).toEqual([name, name === 'toRecipients' ? 400 : 202]);
    }
  });

  it('what-does-not-fit-is-found', () => {
    expect(violations({ subject: 1, other: '', from: [] }, 'graph.message', 'x')).toEqual([
      'x.subject is no Edm.String: 1',
      'x.other is unknown to graph.message',
    ]);
    expect(violations({ importance: 'huge', id: null }, 'graph.message', sender)).toHaveLength(2);
  });
});
