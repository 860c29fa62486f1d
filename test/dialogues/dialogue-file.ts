/**
 * Reads a dialogue: a text file of options (YAML), a line of `---`, and a script. README.md says what may stand in it.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import type { SmtpListenerOptions } from '../../src/ingress/smtp/options.ts';

const limits = z.strictObject({
  connections: z.int().default(100),
  connectionsPerAddress: z.int().default(50),
  commands: z.int().default(1_000),
  errors: z.int().default(20),
  recipients: z.int().default(100),
  commandLineBytes: z.int().default(12_288),
  lineBytes: z.int().default(1_048_576),
  idleMs: z.int().default(300_000),
  totalMs: z.int().default(3_600_000),
});

const header = z.strictObject({
  /** What a user would suffer without it. */
  symptom: z.string(),
  tls: z.enum(['none', 'offered', 'required', 'implicit']).default('none'),
  auth: z.enum(['required', 'optional', 'none']).default('optional'),
  allowPlaintextAuth: z.boolean().default(false),
  /** The client is known by its address. */
  byAddress: z.boolean().default(true),
  allowFrom: z.array(z.string()).default([]),
  maxMessageBytes: z.int().default(1_000_000),
  bareNewlines: z.enum(['refuse', 'keep']).default('refuse'),
  banner: z.string().optional(),
  limits: limits.prefault({}),
  /** Messages that the intake has at the end. */
  accepted: z.int().default(0),
});

/** What a MESSAGE line may say about one accepted message. */
export const expectedMessage = z.strictObject({
  client: z.string().optional(),
  from: z.string().optional(),
  to: z.array(z.string()).optional(),
  bytes: z.string().optional(),
  size: z.int().optional(),
  tls: z.boolean().optional(),
  helo: z.string().optional(),
  smtpUtf8: z.boolean().optional(),
  returnContent: z.string().optional(),
  envelopeId: z.string().optional(),
  notify: z.array(z.array(z.string()).nullable()).optional(),
  originalRecipients: z.array(z.string().nullable()).optional(),
});

export type Step =
  | { readonly kind: 'send'; readonly bytes: Buffer }
  | { readonly kind: 'expect'; readonly reply: string }
  | { readonly kind: 'message'; readonly expected: z.infer<typeof expectedMessage> }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'tls' | 'fin' | 'cut' | 'end' };

export interface Dialogue {
  readonly symptom: string;
  readonly byAddress: boolean;
  readonly accepted: number;
  readonly options: Omit<SmtpListenerOptions, 'certificate'>;
  readonly steps: readonly (Step & { readonly line: number })[];
}

/** @throws Error naming file and line of what cannot be read. */
export function readDialogue(file: string): Dialogue {
  const lines = readFileSync(file, 'utf8').split('\n');
  const end = lines.indexOf('---');
  const { symptom, byAddress, accepted, banner, ...rest } = header.parse(parse(lines.slice(0, end).join('\n')));
  const steps = lines.slice(end + 1).flatMap((text, index) => {
    const line = end + 2 + index;
    try {
      const step = readStep(text);
      return step ? [{ ...step, line }] : [];
    } catch (error) {
      throw new Error(`${file}:${line}: ${error}`, { cause: error });
    }
  });
  const options = {
    ...rest,
    name: 'dialogue',
    host: '127.0.0.1',
    port: 0,
    hostname: 'mail.example',
    ...(banner === undefined ? {} : { banner }),
  };
  return { symptom, byAddress, accepted, options, steps };
}

function readStep(text: string): Step | undefined {
  if (text.trim() === '' || text.startsWith('#')) return undefined;
  const [, word = '', rest = ''] = /^(\S+)(?: (.*))?$/s.exec(text) ?? [];
  switch (word) {
    case 'C:':
      return { kind: 'send', bytes: Buffer.from(`${rest}\r\n`) };
    case 'RAW:':
      return { kind: 'send', bytes: Buffer.from(z.string().parse(JSON.parse(rest)), 'latin1') };
    case 'REPEAT:': {
      const [count, line] = z.tuple([z.int(), z.string()]).parse(JSON.parse(rest));
      return { kind: 'send', bytes: Buffer.from(line.repeat(count), 'latin1') };
    }
    case 'S:':
      return { kind: 'expect', reply: rest };
    case 'MESSAGE:':
      return { kind: 'message', expected: expectedMessage.parse(parse(rest)) };
    case 'WAIT:':
      return { kind: 'wait', ms: Number(rest) * 1_000 };
    case 'TLS':
    case 'FIN':
    case 'CUT':
    case 'END':
      return { kind: ({ TLS: 'tls', FIN: 'fin', CUT: 'cut', END: 'end' } as const)[word] };
    default:
      throw new Error(`"${word}" is no word of a dialogue; README.md lists them`);
  }
}
