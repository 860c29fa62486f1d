/**
 * Writes the pages of docs/reference/ that come from the code. With `--check` it writes nothing and fails when a page is not
 * what the code would make of it.
 *
 * To add a page: write `scripts/generate-<name>.ts` with a function that returns its text, and add a row here.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generateCli } from './generate-cli.ts';
import { generateConfiguration, generateEditorSchema } from './generate-configuration.ts';
import { generateErrors } from './generate-errors.ts';
import { generateMetrics } from './generate-metrics.ts';
import { generateOpenApi } from './generate-openapi.ts';

const pages: Readonly<Record<string, () => string | Promise<string>>> = {
  'configuration.md': generateConfiguration,
  'mailroom.schema.json': generateEditorSchema,
  'errors.md': generateErrors,
  'openapi.json': generateOpenApi,
  'cli.md': generateCli,
  'metrics.md': generateMetrics,
};

const folder = join(dirname(import.meta.dirname), 'docs', 'reference');

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
mkdirSync(folder, { recursive: true });
for (const [name, generate] of Object.entries(pages)) {
  const file = join(folder, name);
  const text = await generate();
  if (standing(file) === text) continue;
  stale += 1;
  if (check) process.stderr.write(`docs/reference/${name} is not what the code says. Run: npm run generate\n`);
  else {
    writeFileSync(file, text);
    process.stdout.write(`wrote docs/reference/${name}\n`);
  }
}
process.exitCode = check && stale > 0 ? 1 : 0;
