/**
 * The mail that the demo hands in: real messages of the kinds that such software usually breaks, each with an envelope
 * that often differs from its header.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const tenantDomain = 'contoso.example';
export const systemAccount = `noreply@${tenantDomain}`;

export type HandIn = 'smtp' | 'http' | 'http-json' | 'sendmail';

export interface Sample {
  readonly name: string;
  readonly via: HandIn;
  readonly client: string;
  /** Decoded; no two samples share one, so that a mailbox copy can be told by it. */
  readonly subject: string;
  /** Exactly who must get it, and nobody else. */
  readonly recipients: readonly string[];
  /** The bytes as they are handed in; for `http-json` the text of the message. */
  readonly bytes: Buffer;
}

type Row = readonly [name: string, via: HandIn, client: string, subject: string, recipients: readonly string[]];

const ada = `ada@${tenantDomain}`;
const grace = `grace@${tenantDomain}`;

const rows: readonly Row[] = [
  ['case-assigned', 'smtp', 'case-management', 'Case 2026-0417 was assigned to you', [ada]],
  [
    'letter-with-enclosure',
    'smtp',
    'case-management',
    'Ihre Anfrage 2026-0417: Zwischenbescheid',
    ['juergen@fabrikam.example', ada],
  ],
  [
    'redirected-test',
    'smtp',
    'case-management',
    'Test system: invoice 4711 (must not reach the customer)',
    [`tester@${tenantDomain}`],
  ],
  [
    'blind-copies',
    'smtp',
    'case-management',
    'Maintenance window on Saturday',
    [`team@${tenantDomain}`, grace, 'auditor@fabrikam.example'],
  ],
  ['reply-in-thread', 'smtp', 'case-management', 'Re: Case 2026-0417', [ada]],
  ['invitation', 'smtp', 'case-management', 'Hearing 2026-0417', [ada, grace]],
  ['signed', 'smtp', 'case-management', 'Signed notice', [ada]],
  ['scan', 'smtp', 'printer-3rd-floor', 'Scan from MFP-3rd-floor', [`scans@${tenantDomain}`]],
  ['password-reset', 'http', 'portal', 'Reset your password', [grace]],
  ['newsletter', 'http', 'portal', 'Release notes 7.2', ['list@fabrikam.example', ada]],
  ['cron', 'sendmail', 'cron', 'Cron <backup@archive> /usr/local/bin/backup --nightly', [`it@${tenantDomain}`]],
];

/** Every address that has a mailbox in the demo's tenant. */
export const tenantUsers = [
  systemAccount,
  ...['ada', 'grace', 'tester', 'team', 'scans', 'it'].map((name) => `${name}@${tenantDomain}`),
];

/** Reads the samples from `examples/mail` below the project's root. */
export function loadSamples(root: string): readonly Sample[] {
  const fromFiles = rows.map(([name, via, client, subject, recipients]) => ({
    name,
    via,
    client,
    subject,
    recipients,
    bytes: readFileSync(join(root, 'examples', 'mail', `${name}.eml`)),
  }));
  return [
    ...fromFiles,
    {
      name: 'ticket-closed',
      via: 'http-json',
      client: 'portal',
      subject: 'Ticket 88 was closed – thank you',
      recipients: [ada, 'juergen@fabrikam.example'],
      bytes: Buffer.from('Ticket 88 was closed.\nIf the problem comes back, answer this message.\n'),
    },
  ];
}
