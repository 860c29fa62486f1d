/**
 * Proves what the demo claims from the other end: what lies in the practice tenant's mailboxes, never Mailroom's own books.
 */
import PostalMime from 'postal-mime';
import type { Sample } from './samples.ts';

/** One copy in one mailbox of the practice tenant, or in the world outside it. */
export interface Copy {
  readonly address: string;
  readonly raw: Buffer;
}

export interface Proof {
  readonly recipients: { readonly expected: number; readonly reached: number; readonly unexpected: number };
  readonly byteIdentical: boolean;
  /** What is wrong, in words; empty when nothing is. */
  readonly complaints: readonly string[];
}

/** Holds every copy in the mailboxes against the envelope and the bytes of the sample that it came from. */
export async function prove(samples: readonly Sample[], copies: readonly Copy[]): Promise<Proof> {
  const complaints: string[] = [];
  const bySubject = new Map(samples.map((sample) => [sample.subject, sample]));
  const seen = new Set<string>();
  let unexpected = 0;
  let byteIdentical = true;
  for (const copy of copies) {
    const parsed = await PostalMime.parse(copy.raw);
    const sample = bySubject.get(parsed.subject ?? '');
    const pair = `${parsed.subject} → ${copy.address}`;
    if (!sample?.recipients.includes(copy.address) || seen.has(pair)) {
      unexpected += 1;
      complaints.push(`unexpected copy: ${pair}`);
      continue;
    }
    seen.add(pair);
    const same =
      sample.via === 'http-json'
        ? parsed.text?.trim() === sample.bytes.toString().trim()
        : belowRootHeader(copy.raw).equals(belowRootHeader(sample.bytes));
    if (!same) {
      byteIdentical = false;
      complaints.push(`changed below the root header: ${pair}`);
    }
  }
  const expected = samples.flatMap((sample) => sample.recipients.map((to) => `${sample.subject} → ${to}`));
  for (const pair of expected) if (!seen.has(pair)) complaints.push(`did not arrive: ${pair}`);
  return {
    recipients: { expected: expected.length, reached: seen.size, unexpected },
    byteIdentical: byteIdentical && seen.size > 0,
    complaints,
  };
}

function belowRootHeader(message: Buffer): Buffer {
  const end = message.indexOf('\r\n\r\n');
  return end === -1 ? Buffer.alloc(0) : message.subarray(end + 4);
}
