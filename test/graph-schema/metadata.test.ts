import { describe, expect, it } from 'vitest';
import { isMetadataThere, metadataFile, readMetadata } from './read-metadata.ts';
import { lineage, readGraphSchema, typeUse } from './schema.ts';

const isThere = isMetadataThere();
if (!isThere)
  process.stderr.write(`SKIPPED: ${metadataFile} is not there, so the extract of it is not held against it.\n`);

describe('the extract of the schema of Graph', () => {
  it.skipIf(!isThere)('is-what-the-document-of-microsoft-says', () => {
    // After a change of served.ts: npm run generate
    expect(readGraphSchema()).toEqual(readMetadata());
  });

  it('leads-nowhere-outside-itself', () => {
    const schema = readGraphSchema();
    const words = Object.keys(schema.types).flatMap((name) =>
      lineage(schema, name).flatMap(({ type }) => Object.values({ ...type.properties, ...type.navigation })),
    );
    for (const operation of Object.values(schema.actions).flat())
      words.push(operation.on, ...Object.values(operation.parameters));
    const lost = words.map((word) => typeUse(word).name).filter((name) => !name.startsWith('Edm.'));
    expect(lost.filter((name) => !(name in schema.types || name in schema.enums))).toEqual([]);
    expect(Object.keys(schema.types).length).toBeGreaterThan(80);
  });
});
