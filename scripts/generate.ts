/**
 * Writes the pages of docs/reference/ and the console's types that come from the code. With `--check` it writes nothing and fails when a page is not
 * what the code would make of it.
 *
 * To add a page: write `scripts/generate-<name>.ts` with a function that returns its text, and add a row here.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generateCli } from './generate-cli.ts';
import { generateConfiguration, generateEditorSchema } from './generate-configuration.ts';
import { generateConsoleClient, generateConsoleOpenApi } from './generate-console.ts';
import { generateErrors } from './generate-errors.ts';
import { generateGraphSchema } from './generate-graph-schema.ts';
import { generateMetrics } from './generate-metrics.ts';
import { generateOpenApi } from './generate-openapi.ts';

const pages: Readonly<Record<string, () => string | Promise<string>>> = {
  'docs/reference/configuration.md': generateConfiguration,
  'docs/reference/mailroom.schema.json': generateEditorSchema,
  'docs/reference/errors.md': generateErrors,
  'docs/reference/openapi.json': generateOpenApi,
  'docs/reference/cli.md': generateCli,
  'docs/reference/metrics.md': generateMetrics,
  'test/graph-schema/schema.generated.json': generateGraphSchema,
  'docs/reference/console-openapi.json': generateConsoleOpenApi,
  'console/src/api.generated.ts': generateConsoleClient,
};

const root = dirname(import.meta.dirname);

/** The page as it stands; undefined when it is not there. Git may have changed line ends on its way out. */
function standing(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').replaceAll('\r\n', '\n');
  } catch {
    return undefined;
  }
}

const check = process.argv.includes('--check');
let stale = 0;
for (const [name, generate] of Object.entries(pages)) {
  const file = join(root, name);
  const text = await generate();
  if (standing(file) === text) continue;
  stale += 1;
  if (check) process.stderr.write(`${name} is not what the code says. Run: npm run generate\n`);
  else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    process.stdout.write(`wrote ${name}\n`);
  }
}
process.exitCode = check && stale > 0 ? 1 : 0;
