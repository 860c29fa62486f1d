/** `test/graph-schema/schema.generated.json`: what the practice tenant is held against, out of Microsoft's metadata document. */
import { readFileSync } from 'node:fs';
import { isMetadataThere, readMetadata } from '../test/graph-schema/read-metadata.ts';
import { schemaFile } from '../test/graph-schema/schema.ts';

/** The extract; where the document does not lie beside the project, the one that is there already. */
export function generateGraphSchema(): string {
  if (!isMetadataThere()) return readFileSync(schemaFile, 'utf8');
  // One line for each type, so that a change shows where it is.
  const sections = Object.entries(readMetadata()).map(([section, members]) => {
    const lines = Object.entries(members).map(
      ([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)}`,
    );
    return `  ${JSON.stringify(section)}: {\n${lines.join(',\n')}\n  }`;
  });
  return `{\n${sections.join(',\n')}\n}\n`;
}
