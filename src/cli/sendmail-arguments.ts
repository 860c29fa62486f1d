/** The command line of sendmail(1), as far as programs use it. Options of sendmail that mean nothing here are let through. */

export interface SendmailArguments {
  readonly mode: 'message' | 'smtp';
  readonly recipients: readonly string[];
  /** -t: recipients are those of To, Cc and Bcc. */
  readonly fromHeader: boolean;
  /** -i, -oi: a line with a single dot does not end the message. */
  readonly ignoreDots: boolean;
  /** -f, -r: envelope sender; '' for the null reverse path. */
  readonly from: string | undefined;
  /** -F: name of the sender, for a From that is missing. */
  readonly fullName: string | undefined;
  readonly dsn: { readonly notify?: string; readonly ret?: 'FULL' | 'HDRS'; readonly envid?: string };
}

export type ParsedArguments =
  | { readonly kind: 'arguments'; readonly arguments: SendmailArguments }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly sentence: string };

export const sendmailHelp = `sendmail(1) of Mailroom: hands a message from stdin to the local SMTP listener.

  -t            take recipients from To, Cc and Bcc, besides those named here; Bcc is removed
  -i, -oi       a line with a single dot does not end the message
  -f ADDRESS    envelope sender (also -r); -F NAME is the name for a missing From
  -N WHEN       delivery status notifications: never, or success,failure,delay; -R full|hdrs; -V ID
  -bs           speak SMTP on stdin and stdout; -bm (the usual) reads a message
  --            what follows are recipients

Settings, in the environment as MAILROOM_SENDMAIL_NAME or in /etc/mailroom/sendmail.conf as NAME=value:
  URL            smtp://127.0.0.1:2525 when not given; smtps:// for implicit TLS
  USER           login; with PASSWORD, or PASSWORD_FILE for a file that holds it
  CA_FILE        certificate authority of the listener; TLS_NAME: the name in its certificate
  FROM           envelope sender when -f is not given; else user@DOMAIN
  DOMAIN         put behind names without a domain; else the name of this machine
  LOCAL          who gets mail for names without a domain, such as root

Example:
  printf 'Subject: hello\\n\\nHello.\\n' | sendmail -i -f noreply@contoso.com ada@contoso.com

Exit codes: 0 accepted, 64 usage, 65 unreadable, 67 recipient refused, 69 refused, 75 try again later, 77 not allowed.
`;

/** Letters that take a value, in the same word or the next. */
const withValue = new Set([
  'f',
  'r',
  'F',
  'N',
  'R',
  'V',
  'B',
  'C',
  'D',
  'h',
  'L',
  'O',
  'o',
  'p',
  'q',
  'X',
  'b',
  'd',
  'e',
]);
/** Of these the value is only ever in the same word. */
const sameWordOnly = new Set(['o', 'b', 'q', 'd', 'e']);

export function parseSendmailArguments(words: readonly string[]): ParsedArguments {
  const found = {
    mode: 'message' as 'message' | 'smtp',
    recipients: [] as string[],
    fromHeader: false,
    ignoreDots: false,
    from: undefined as string | undefined,
    fullName: undefined as string | undefined,
    dsn: {} as { notify?: string; ret?: 'FULL' | 'HDRS'; envid?: string },
  };
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--help') return { kind: 'help' };
    if (word === '--') {
      found.recipients.push(...rest.splice(0));
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      found.recipients.push(word);
      continue;
    }
    // Flags without a value may stand together: -ti.
    for (let letters = word.slice(1); letters !== ''; ) {
      const letter = letters.charAt(0);
      let value = '';
      if (withValue.has(letter)) {
        value = letters.slice(1);
        if (value === '' && !sameWordOnly.has(letter)) {
          const next = rest.shift();
          if (next === undefined) return { kind: 'wrong', sentence: `option -${letter} needs a value` };
          value = next;
        }
        letters = '';
      } else letters = letters.slice(1);
      switch (letter) {
        case 't':
          found.fromHeader = true;
          break;
        case 'i':
          found.ignoreDots = true;
          break;
        case 'o':
          if (value === 'i') found.ignoreDots = true;
          break;
        case 'f':
        case 'r':
          found.from = value.replace(/^<(.*)>$/, '$1');
          break;
        case 'F':
          found.fullName = value;
          break;
        case 'b':
          if (value === 's') found.mode = 'smtp';
          else if (value !== 'm') return { kind: 'wrong', sentence: `mode -b${value} is not offered; -bm and -bs are` };
          break;
        case 'N':
          found.dsn.notify = value.toUpperCase();
          break;
        case 'R':
          found.dsn.ret = value.toLowerCase().startsWith('f') ? 'FULL' : 'HDRS';
          break;
        case 'V':
          found.dsn.envid = value;
          break;
        default:
          if (!withValue.has(letter) && !'vGUnsmxAc'.includes(letter))
            return { kind: 'wrong', sentence: `option -${letter} is not known` };
      }
    }
  }
  return { kind: 'arguments', arguments: found };
}
