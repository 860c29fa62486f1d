/**
 * Exit codes, those of sysexits.h where it has one. `docs/reference/cli.md` is generated from this table.
 */
export const exitCodes = {
  ok: [0, 'Done.'],
  bad: [1, 'Done, and what was looked at is not as it should be: a message not found, a book that does not balance.'],
  usage: [64, 'The command line is wrong (EX_USAGE).'],
  data: [65, 'The message or its addresses cannot be read (EX_DATAERR).'],
  noUser: [67, 'A recipient was refused (EX_NOUSER).'],
  unavailable: [69, 'Mailroom refused for good, or something that is needed is not there (EX_UNAVAILABLE).'],
  software: [70, 'A mistake of Mailroom itself (EX_SOFTWARE).'],
  cannotCreate: [73, 'A file, folder or listener could not be opened (EX_CANTCREAT).'],
  tempFail: [75, 'Not now: the server does not answer or says to try again (EX_TEMPFAIL).'],
  noPermission: [77, 'Not allowed: the login, the sender or the socket (EX_NOPERM).'],
  config: [78, 'The configuration is wrong (EX_CONFIG).'],
} as const satisfies Record<string, readonly [code: number, meaning: string]>;

export type ExitName = keyof typeof exitCodes;

/** Ends a command with one sentence on stderr and an exit code. */
export class CommandError extends Error {
  readonly exit: ExitName;
  constructor(exit: ExitName, sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.name = 'CommandError';
    this.exit = exit;
  }
}
