/**
 * Holds the import rules of the layout: the folders tell the way of a message, and imports point one way.
 *
 * dependency-cruiser does not read sources through TypeScript 7, so this reads the import statements itself. It relies
 * on the formatter (checked before it), which keeps `from '…'` and `import('…')` on one line.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';

const root = dirname(import.meta.dirname);

/** What the files below a folder may import, as prefixes of paths from the project's root. Own folder is always allowed. */
const allowed: Record<string, string[]> = {
  'src/domain/': [],
  'src/mime/': ['src/domain/'],
  'src/policy/': ['src/domain/', 'src/mime/'],
  'src/vault/': [],
  'src/config/': ['src/domain/', 'src/policy/', 'src/vault/'],
  'src/queue/': ['src/domain/', 'src/mime/'],
  'src/storage/': ['src/domain/', 'src/queue/'],
  'src/microsoft/': ['src/domain/'],
  'src/alerts/': ['src/domain/', 'src/microsoft/'],
  // What couriers keep on record is written as the vault is: whole or not at all.
  'src/egress/': ['src/domain/', 'src/mime/', 'src/microsoft/', 'src/vault/write-whole.ts'],
  'src/ingress/': ['src/domain/', 'src/mime/', 'src/policy/', 'src/queue/'],
  'src/observe/': ['src/domain/', 'src/queue/'],
  'src/admin/': ['src/domain/', 'src/policy/', 'src/queue/', 'src/observe/'],
  // The checks say of an answer what the courier would: one table for both.
  'src/setup/': ['src/domain/', 'src/microsoft/', 'src/policy/', 'src/queue/', 'src/egress/', 'src/vault/'],
  // The composition root and the files that it was too long without.
  'src/main.ts': ['src/'],
  'src/connectors.ts': ['src/'],
  'src/smtp-connectors.ts': ['src/'],
  'src/connector-credential.ts': ['src/'],
  'src/alert-ways.ts': ['src/'],
  'src/kept-credentials.ts': ['src/'],
  'src/check-connector.ts': ['src/'],
  'src/listeners.ts': ['src/'],
  'src/upkeep.ts': ['src/'],
  'src/delivery.ts': ['src/'],
  'src/entra-app.ts': ['src/'],
  'src/licences.ts': ['src/'],
  'src/support-bundle.ts': ['src/'],
  'src/live-configuration.ts': ['src/'],
  // What was set in the console: it reads as the configuration does, and answers the console's interface.
  // What the console's set-up does, over the same parts as the command line.
  'src/assistant/': ['src/'],
  'src/settings/': ['src/admin/', 'src/config/', 'src/domain/', 'src/policy/', 'src/vault/'],
  'src/console.ts': ['src/'],
  'src/console-views.ts': ['src/'],
  'src/cli/': ['src/', 'practice-tenant/', 'bin/'],
  'practice-tenant/': [],
  'console/': [],
  'bench/': ['src/', 'practice-tenant/', 'test/', 'scripts/'],
  'test/': ['src/', 'practice-tenant/', 'bin/', 'scripts/'],
  'scripts/': ['src/', 'practice-tenant/', 'bin/', 'test/'],
};

/** Tests beside their source may also use the shared harness and, to have somebody to talk to, the practice tenant. */
const allowedForTests = ['test/harness/', 'practice-tenant/'];

const importStatement = /(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g;
const violations: string[] = [];
const files = globSync('{src,practice-tenant,console,bench,test,scripts}/**/*.{ts,tsx,mjs}', {
  cwd: root,
  exclude: (name) => name.endsWith('node_modules'),
});

for (const file of files.map((name) => name.split(sep).join('/'))) {
  const owner = Object.keys(allowed).find((prefix) => file.startsWith(prefix));
  if (!owner) {
    violations.push(`${file}: belongs to no folder of the layout; give its folder a row in scripts/boundaries.ts`);
    continue;
  }
  const isTest = file.endsWith('.test.ts');
  const may = [owner, ...(allowed[owner] ?? []), ...(isTest ? allowedForTests : [])];
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  for (const [index, line] of lines.entries()) {
    for (const [, specifier = ''] of line.matchAll(importStatement)) {
      const target = relative(root, normalize(join(root, dirname(file), specifier)))
        .split(sep)
        .join('/');
      if (!may.some((prefix) => target.startsWith(prefix)))
        violations.push(`${file}:${index + 1}: ${owner} must not import ${target}`);
    }
  }
}

for (const violation of violations) process.stderr.write(`${violation}\n`);
process.stdout.write(`${files.length} files, ${violations.length} forbidden imports\n`);
process.exitCode = violations.length === 0 ? 0 : 1;
