/**
 * Loads the configuration: the file, then the environment over it, then the schema. Reports every problem at once, so that
 * nobody mends a file one start at a time.
 */
import { join } from 'node:path';
import { openVault } from '../vault/vault.ts';
import { applyEnvironment } from './environment.ts';
import { exposedFiles, type RightsOf, sentenceOf } from './exposed-files.ts';
import { type ConfigProblem, type KeyPath, keyText, type Locate, type Place, problemAt } from './problem.ts';
import { checkReferences } from './references.ts';
import { type Config, configSchema, editorSchema } from './schema.ts';
import { issueProblems } from './schema-issues.ts';
import { nodeAt } from './schema-node.ts';
import { reason, secretKeys } from './secret.ts';
import { mergeSettings } from './settings-merge.ts';
import { keepKnownKeys } from './unknown-keys.ts';
import { absoluteFrom, type PlacedVault, vaultPlaceOf } from './vault-place.ts';
import { warningsOf } from './warnings.ts';
import { readYaml, type YamlSource } from './yaml-source.ts';

export interface LoadOptions {
  /** Path of the YAML file; undefined for the environment alone. */
  readonly file: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** @throws Error when the file cannot be read. */
  readonly readFile: (path: string) => string;
  /** Rights of a file, to see who else may read it. */
  readonly rightsOf?: RightsOf;
  /** Name of this machine. */
  readonly hostname: string;
  /**
   * What was set in the console: read from the data folder, or given as the text that would stand there. Absent: the file
   * and the environment alone, as for a draft that has nothing to do with this machine's server. `needed`: from the data
   * folder, and it is a mistake when they are there and cannot be read.
   */
  readonly settings?: 'of-data-folder' | 'needed' | { readonly text: string };
}

/** Where a value of the configuration stands, and who decides on it. */
export type Standing = Place & { readonly from: 'file' | 'environment' | 'settings' | 'default' };

export type LoadedConfig =
  | {
      readonly ok: true;
      readonly config: Config;
      readonly warnings: readonly string[];
      /** The values as they were written, file, environment and settings together; secrets among them. */
      readonly written: unknown;
      readonly standing: (path: KeyPath) => Standing;
    }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** Never throws for what people have written. */
export function loadConfig(options: LoadOptions): LoadedConfig {
  const { file, env } = options;
  const source = readSource(options);
  if (source.problems.length > 0) return { ok: false, problems: source.problems };
  if (typeof source.value !== 'object' || Array.isArray(source.value)) {
    const words = 'must be a group of keys, such as "connectors:"; see the commented sample.';
    return { ok: false, problems: [problemAt(source.locate, [], words)] };
  }
  const absolute = absoluteFrom(file);
  const fromFile = applyEnvironment(source.value, editorSchema, env, options.readFile);
  const { dataDir, ...vault } = vaultPlaceOf(fromFile.value, file, env);
  const settings = readSettings(options, dataDir);
  if (settings.problems.length > 0) return { ok: false, problems: settings.problems };
  const merged = mergeSettings(source, settings);
  const applied = applyEnvironment(merged.value, editorSchema, env, options.readFile);
  const standing = (path: KeyPath): Standing => {
    const variable = variableFor(applied.setBy, path);
    return variable === undefined ? merged.locate(path) : { source: `environment ${variable}`, from: 'environment' };
  };
  const locate: Locate = standing;
  const surroundings = {
    absolute,
    vault: openVault({ ...vault, now: Date.now }),
    readFile: options.readFile,
    env,
    hostname: options.hostname,
  };
  const accepted = (config: Config, written: unknown): LoadedConfig => {
    const rightsOf = options.rightsOf ?? (() => undefined);
    const mode = file === undefined ? undefined : rightsOf(file)?.mode;
    const named = file === undefined ? undefined : { path: file, mode };
    const warnings = [
      ...warningsOf(config, named, inlineSecrets(source.value)),
      ...exposedFiles(config, rightsOf).map(sentenceOf),
    ];
    if (settings.warning !== undefined) warnings.push(settings.warning);
    return { ok: true, config, warnings, written, standing };
  };
  // As a rule nothing is wrong: the schema in the form that finds out what is would cost a third of the whole start.
  if (applied.problems.length === 0) {
    const plain = configSchema(surroundings).safeParse(applied.value);
    if (plain.success && checkReferences(applied.value, locate).length === 0)
      return accepted(plain.data, applied.value);
  }
  const schema = editorSchema();
  const known = keepKnownKeys(applied.value, schema, locate);
  const parsed = configSchema(surroundings).safeParse(known.value);
  const problems = [
    ...applied.problems,
    ...known.problems,
    ...(parsed.success
      ? []
      : issueProblems(
          parsed.error.issues,
          locate,
          (path) => valueAt(known.value, path),
          (path) => nodeAt(schema, path, known.value)?.description,
        )),
    ...checkReferences(known.value, locate),
  ];
  if (!parsed.success || problems.length > 0) return { ok: false, problems: inOrder(problems) };
  return accepted(parsed.data, known.value);
}

/** Name of the file in the data folder with what was set in the console. */
export const settingsFileName = 'settings.yaml';

function readSettings(options: LoadOptions, dataDir: string): YamlSource & { readonly warning?: string } {
  const path = join(dataDir, settingsFileName);
  if (options.settings === undefined) return readYaml('', path);
  if (typeof options.settings === 'object') return readYaml(options.settings.text, path);
  try {
    return readYaml(options.readFile(path), path);
  } catch (error) {
    const why = reason(error);
    if (why === 'ENOENT' || why === 'ENOTDIR') return readYaml('', path);
    // A server without them would refuse clients for good that were made in the console.
    if (options.settings === 'needed') {
      const words = `cannot be read (${why}), and what was set in the console stands in it. Give it to the user that runs Mailroom.`;
      return { ...readYaml('', path), problems: [problemAt(() => ({ source: path }), [], words)] };
    }
    // Whoever may not look into the data folder may still look at the file: the rest is right.
    return { ...readYaml('', path), warning: `${path}, with what was set in the console, cannot be read (${why}).` };
  }
}

/** The vault that a configuration names, and its data folder; also where the rest of it is refused. */
export function findVault(options: Pick<LoadOptions, 'file' | 'env' | 'readFile'>): PlacedVault {
  const { file, env, readFile } = options;
  const { value } = applyEnvironment(readSource(options).value, editorSchema, env, readFile);
  return vaultPlaceOf(value, file, env);
}

function readSource({ file, readFile }: Pick<LoadOptions, 'file' | 'readFile'>): YamlSource {
  if (file === undefined) return { ...readYaml('', 'environment'), locate: () => ({ source: 'environment' }) };
  try {
    const text = readFile(file);
    const source = readYaml(text, file);
    // Read as UTF-8, each byte that is none becomes this one: a password would be another one than was written.
    const lost = text.search(/[\ufffd\0]/);
    if (lost === -1) return source;
    const line = text.slice(0, lost).split('\n').length;
    const words = 'holds a letter that is not written in UTF-8. Save the file as UTF-8.';
    return { ...source, problems: [problemAt(() => ({ source: file, line }), [], words)] };
  } catch (error) {
    const empty = readYaml('', file);
    const words = `cannot be read (${reason(error)}). Correct the path or its rights.`;
    return { ...empty, problems: [problemAt(() => ({ source: file }), [], words)] };
  }
}

/** The variable that set the value, or something in which or around which the path lies. */
function variableFor(setBy: ReadonlyMap<string, string>, path: KeyPath): string | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const variable = setBy.get(keyText(path.slice(0, length)));
    if (variable !== undefined) return variable;
  }
  return undefined;
}

function valueAt(root: unknown, path: KeyPath): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.entries(value).find(([key]) => key === String(step))?.[1];
  }
  return value;
}

function inlineSecrets(value: unknown, path: KeyPath = []): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const here = [...path, Array.isArray(value) ? Number(key) : key];
    return secretKeys.has(key) && typeof inner === 'string' ? [keyText(here)] : inlineSecrets(inner, here);
  });
}

function inOrder(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  return problems.toSorted((one, other) => (one.line ?? 0) - (other.line ?? 0));
}
