/** Faults of the server itself: its disk, its store, its own mistakes. See catalogue.ts for what a row says. */
import type { CatalogueRow } from './catalogue.ts';

export const serverFaults = {
  'storage-full': {
    text: 'Insufficient system storage; try again later.',
    meaning:
      'The disk is full, or has come down to its reserve. What was accepted before is safe and goes on being sent.',
    remedy: 'Free space on the disk that holds the data folder. Acceptance goes on by itself.',
    smtp: [452, '4.3.1'],
    http: 507,
  },
  'storage-failed': {
    text: 'The message could not be stored; try again later.',
    meaning: 'The disk refused to write or to sync. Nothing of this message was kept.',
    remedy: 'Look at the log and the health of the disk. The client still has the message and sends it again.',
    smtp: [451, '4.3.0'],
    http: 503,
  },
  'memory-limit': {
    text: 'Too much mail is coming in at once; try again later.',
    meaning: 'The bytes of all messages in reception reached the limit for memory.',
    remedy: 'Nothing, if it passes. Else raise queue.receivingBytes.',
    smtp: [451, '4.3.2'],
    http: 503,
  },
  'record-damaged': {
    text: 'A record in the data folder is damaged.',
    meaning:
      'A file in which Mailroom keeps what it has done was cut short or changed. Mail does not need it and goes on.',
    remedy: 'The sentence names the file: put it back from the last backup, or move it away.',
    http: 500,
  },
  'internal-error': {
    text: 'Internal error; try again later.',
    meaning: 'Mailroom made a mistake. The log has the details.',
    remedy: 'Report it with the log lines around it.',
    smtp: [451, '4.3.0'],
    http: 500,
  },
} as const satisfies Record<string, CatalogueRow>;
