/** `mailroom vault`: secrets encrypted at rest. A value never stands on the command line, where every process may read it. */
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { openVault, type Vault } from '../vault/vault.ts';
import { VaultError } from '../vault/vault-error.ts';
import { parseKey, placeOfKey } from '../vault/vault-key.ts';
import { type CommandContext, type CommonOptions, placedVault } from './context.ts';
import { CommandError, type ExitName } from './exit-codes.ts';
import { readNamed } from './named-file.ts';
import { textTable } from './table.ts';

interface PutOptions extends CommonOptions {
  readonly file?: string;
}

interface RekeyOptions extends CommonOptions {
  readonly newKeyFile?: string;
}

export function addVaultCommands(program: Command, context: CommandContext): void {
  const vault = program.command('vault').description('Secrets encrypted at rest, by name.');
  const common = (command: Command) => command.option('--config <file>', 'configuration file');
  common(vault.command('list').description('Name what is in the vault, and since when. Values are never shown.'))
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  mailroom vault list')
    .action((options: CommonOptions) =>
      withVault(context, options, (opened, place) => list(context, options, opened, place)),
    );
  common(vault.command('put').description('Put a secret into the vault, from stdin or a file.'))
    .argument('<name>', 'name of the entry, such as app-secret')
    .option('--file <file>', 'file with the secret (default: stdin)')
    .addHelpText(
      'after',
      '\nIn the configuration it is { vault: <name> } wherever a secret stands. A server that runs takes a credential with its next\ntoken, and everything else at its next start.\n\nExample:\n  mailroom vault put app-secret < /media/usb/secret.txt',
    )
    .action((name: string, options: PutOptions) =>
      withVault(context, options, (opened) => put(context, options, name, opened)),
    );
  common(vault.command('remove').description('Take a secret out of the vault.'))
    .argument('<name>', 'name of the entry')
    .addHelpText('after', '\nExample:\n  mailroom vault remove app-secret')
    .action((name: string, options: CommonOptions) =>
      withVault(context, options, (opened) => {
        opened.remove(name);
        context.out.write(`${name} is out of the vault.\n`);
      }),
    );
  common(vault.command('rekey').description('Seal the vault with another key.'))
    .option('--new-key-file <file>', 'the new key, where Mailroom does not keep it: you put it into place')
    .addHelpText(
      'after',
      '\nInterrupted at any point, the old or the new key opens the vault. A server that runs goes on where the key stands in a\nfile; with a key from the environment or from systemd, put the new one there and restart it.\n\nExample:\n  mailroom vault rekey',
    )
    .action((options: RekeyOptions) =>
      withVault(context, options, (opened, place) => rekey(context, options, opened, place)),
    );
}

interface NamedPlace {
  readonly file: string;
  readonly key: string;
}

async function withVault(
  context: CommandContext,
  options: CommonOptions,
  work: (vault: Vault, place: NamedPlace) => void | Promise<void>,
): Promise<void> {
  const place = placedVault(context, options);
  try {
    await work(openVault({ ...place, now: Date.now }), { file: place.file, key: placeOfKey(place.key) });
  } catch (error) {
    throw error instanceof VaultError ? asCommandError(error) : error;
  }
}

/** The sentence of a vault that did not do what was asked, and the exit code that goes with it. */
export function asCommandError(error: VaultError): CommandError {
  const exits: Record<VaultError['fault'], ExitName> = {
    'no-key': 'config',
    'wrong-key': 'config',
    damaged: 'unavailable',
    'no-entry': 'unavailable',
    'bad-name': 'usage',
    'too-long': 'usage',
    unreadable: 'noPermission',
    busy: 'tempFail',
  };
  return new CommandError(exits[error.fault], error.message, { cause: error });
}

function list({ out }: CommandContext, { json }: CommonOptions, vault: Vault, place: NamedPlace): void {
  const entries = vault.list();
  if (json) return out.write(`${JSON.stringify({ ...place, entries })}\n`);
  out.write(`Vault ${place.file}, key in ${place.key}\n`);
  if (entries.length === 0) return out.write('It is empty. mailroom vault put puts something into it.\n');
  out.write(
    textTable(
      ['name', 'since'],
      entries.map(({ name, putAt }) => [name, putAt.slice(0, 16).replace('T', ' ')]),
    ),
  );
}

async function put({ stdin, out }: CommandContext, { file }: PutOptions, name: string, vault: Vault): Promise<void> {
  const value = file === undefined ? await text(stdin) : readNamed(file, '--file');
  const trimmed = value.replace(/^\uFEFF/, '').trim();
  if (trimmed === '')
    throw new CommandError(
      'usage',
      `No secret came from ${file ?? 'stdin'}. Try: mailroom vault put ${name} --file <file with the secret>`,
    );
  vault.put(name, trimmed);
  out.write(`${name} is in the vault. In the configuration: { vault: ${name} }\n`);
  if (file !== undefined) out.write(`The file ${file} still holds it in the clear: remove it.\n`);
}

function rekey({ out }: CommandContext, { newKeyFile }: RekeyOptions, vault: Vault, place: NamedPlace): void {
  if (newKeyFile === undefined) {
    vault.rekey();
    out.write(
      `The vault has a new key, in ${place.key}. A copy of the old key opens backups from before, and nothing else.\n`,
    );
    return;
  }
  vault.rekey(parseKey(Buffer.from(readNamed(newKeyFile, '--new-key-file', 'latin1'), 'latin1'), newKeyFile));
  out.write(
    `The vault is sealed with the key in ${newKeyFile}. Put that key into ${place.key} now: the old one opens it no more.\n`,
  );
}
