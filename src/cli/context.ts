/** What every command is given: the outside world, read in one place. */
import { readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { findVault, type LoadedConfig, type LoadOptions, loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import type { PlacedVault } from '../config/vault-place.ts';
import { fileRights } from '../vault/file-rights.ts';
import { CommandError } from './exit-codes.ts';

export interface CommandContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The project's root: where examples and practice tenant stand. */
  readonly root: string;
  readonly version: string;
  readonly stdin: Readable;
  readonly out: Output;
  /** Exit code to end with when nothing throws. */
  exitCode: number;
}

export interface Output {
  readonly isTTY: boolean;
  readonly columns: number;
  write(text: string | Uint8Array): void;
  /** Resolves when the reader of stdout keeps up: for output that would not fit into memory. */
  drained(): Promise<void>;
  error(text: string): void;
}

/** With --json, stdout is for programs: what people read on the way, such as a code to enter, goes to stderr. */
export function forPeople(context: CommandContext, { json }: Pick<CommonOptions, 'json'>): CommandContext {
  const { out } = context;
  return json ? { ...context, out: { ...out, write: (text) => out.error(text.toString()) } } : context;
}

/** Options that every command has. */
export interface CommonOptions {
  readonly config?: string;
  readonly json?: boolean;
}

const places = ['mailroom.yaml', '/etc/mailroom/mailroom.yaml'];

/** The configuration file to read: the one that is named, else the first that is there, else none (the environment alone). */
export function configFile(context: CommandContext, options: CommonOptions): string | undefined {
  const named = options.config ?? context.env['MAILROOM_CONFIG'];
  if (named) return named;
  return places.find((place) => statSync(place, { throwIfNoEntry: false })?.isFile());
}

/** Reads the configuration. @throws CommandError with every problem, one a line. */
export function readConfig(
  context: CommandContext,
  options: CommonOptions,
  settings: LoadOptions['settings'] = 'of-data-folder',
): { config: Config; file: string | undefined; warnings: readonly string[] } {
  const { file, loaded } = readLoaded(context, options, settings);
  return { config: loaded.config, file, warnings: loaded.warnings };
}

/** The same with what is known of each value. @throws CommandError with every problem, one a line. */
export function readLoaded(
  context: CommandContext,
  options: CommonOptions,
  settings: LoadOptions['settings'] = 'of-data-folder',
): { loaded: Extract<LoadedConfig, { ok: true }>; file: string | undefined } {
  const { file, loaded } = loadNamedConfig(context, options, settings);
  if (loaded.ok) return { loaded, file };
  throw new CommandError('config', loaded.problems.map((problem) => problem.sentence).join('\n'));
}

/** Reads the configuration, and leaves what is wrong with it to the caller. */
export function loadNamedConfig(
  context: CommandContext,
  options: CommonOptions,
  settings: LoadOptions['settings'] = 'of-data-folder',
): { loaded: LoadedConfig; file: string | undefined } {
  const file = configFile(context, options);
  return { loaded: loadConfig({ ...loadOptions(context, file), settings }), file };
}

/** How the configuration of this machine is read: file, environment, and what was set in the console. */
export function loadOptions(context: CommandContext, file: string | undefined): LoadOptions {
  return {
    file,
    env: context.env,
    readFile: (path) => readFileSync(path, 'utf8'),
    rightsOf: fileRights,
    hostname: hostname(),
    settings: 'of-data-folder',
  };
}

/** The vault that the configuration names, also where the rest of the configuration is refused. */
export function placedVault(context: CommandContext, options: CommonOptions): PlacedVault {
  const file = configFile(context, options);
  return findVault({ file, env: context.env, readFile: (path) => readFileSync(path, 'utf8') });
}

export function packageVersion(root: string): string {
  const parsed: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : 'unknown';
}
