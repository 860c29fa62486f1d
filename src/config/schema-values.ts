/**
 * The kinds of value that a configuration is made of: names, addresses, sizes, times, paths and secrets. Each knows how to
 * say what is wrong with a value and what to write in its place.
 */
import { isIP } from 'node:net';
import { z } from 'zod';
import { isAddressRange } from '../policy/address-ranges.ts';
import { parseDuration, parseSize } from './quantities.ts';
import { findSecret, type Secret, type SecretSurroundings } from './secret.ts';
import { FilePlace, type TextPlace, VaultPlace } from './text-place.ts';

/** Where a listener listens. */
export interface ListenAddress {
  /** An IP address, or `localhost`. */
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
}

/** `127.0.0.1:2525`, `[::1]:2525`, `localhost:0`. */
export function parseListen(text: string): ListenAddress | undefined {
  const found = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text.trim());
  const host = found?.[1] ?? found?.[2] ?? '';
  const port = Number(found?.[3]);
  if (!found || port > 65_535 || (found[1] !== undefined && isIP(host) !== 6)) return undefined;
  return isIP(host) !== 0 || host === 'localhost' ? { host, port } : undefined;
}

/** Whether only this machine reaches a listener there. */
export function isLoopback({ host }: ListenAddress): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

type Issues = { addIssue(issue: { code: 'custom'; message: string; path?: PropertyKey[] }): void };

/** Refuses a value in words. Each sentence goes on after the place and the key: "… must be …". */
export function refuse(context: Issues, message: string, path?: PropertyKey[]): void {
  context.addIssue(path ? { code: 'custom', message, path } : { code: 'custom', message });
}

export const name = () =>
  z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/i, {
    error: 'must be a name of letters, digits, dots, hyphens and underscores, 63 at most, such as case-management.',
  });

const listenPattern = 'an IP address and a port, such as 127.0.0.1:2525 or [::1]:2525';

export const listen = () =>
  z.string({ error: `must be ${listenPattern}.` }).transform((text, context): ListenAddress => {
    const address = parseListen(text);
    if (address) return address;
    refuse(context, `must be ${listenPattern}; "${text}" is not.`);
    return z.NEVER;
  });

export const range = () =>
  z.string().refine(isAddressRange, {
    error: (issue) => `must be an IP address or a CIDR range, such as 10.1.2.0/24 or ::1; "${issue.input}" is neither.`,
  });

const sizePattern = 'a size such as 36 MB, 512 KiB or a number of bytes';

export const size = (least = 1) =>
  z.union([z.number(), z.string()], { error: `must be ${sizePattern}.` }).transform((value, context): number => {
    const bytes = parseSize(value);
    if (bytes !== undefined && bytes >= least) return bytes;
    refuse(
      context,
      bytes === undefined ? `must be ${sizePattern}; "${value}" is not.` : `must be at least ${least} bytes.`,
    );
    return z.NEVER;
  });

const durationPattern = 'a length of time such as 30 s, 5 min, 2 d or a number of seconds';

/** A hundred years: what is longer leads to dates that cannot be written. */
const longestMs = 36_500 * 24 * 3_600_000;

export const duration = (leastMs = 0) =>
  z.union([z.number(), z.string()], { error: `must be ${durationPattern}.` }).transform((value, context): number => {
    const ms = parseDuration(value);
    if (ms !== undefined && ms >= leastMs && ms <= longestMs) return ms;
    if (ms === undefined) refuse(context, `must be ${durationPattern}; "${value}" is not.`);
    else refuse(context, ms < leastMs ? `must be at least ${leastMs / 1000} s.` : 'must be at most 36500 d.');
    return z.NEVER;
  });

export const count = (least = 1, most = 1_000_000_000) => z.int().min(least).max(most);

export const path = (surroundings: SecretSurroundings) =>
  z
    .string()
    .min(1, { error: 'is empty. Name a file, or leave the key out.' })
    .transform((text) => surroundings.absolute(text));

/** A PEM file, by its path, or an entry of the vault. It is read when it is used, so that a renewed one is seen. */
export const pem = (surroundings: SecretSurroundings) =>
  z
    .union(
      [
        z.string().min(1),
        z.strictObject({ vault: z.string().min(1).describe('Entry of the vault that holds the PEM text.') }),
      ],
      { error: 'must be the path of a PEM file, or { vault: name }.' },
    )
    .transform(
      (source): TextPlace =>
        typeof source === 'string'
          ? new FilePlace(surroundings.absolute(source), surroundings.readFile)
          : new VaultPlace(source.vault, surroundings.vault),
    );

/** Whether a text has the shape `local@domain`; nothing more is asked of an address before it is used. */
export function isAddress(text: string): boolean {
  return /^(?:"[^"\r\n]+"|[^\s@<>",;:]+)@[^\s@<>",;:]+$/.test(text);
}

export const address = () =>
  z.string().transform((text, context): string => {
    const trimmed = text.trim();
    if (!isAddress(trimmed)) refuse(context, `must be an address such as noreply@contoso.com; "${text}" is not.`);
    return trimmed;
  });

/** Takes a secret as it stands, from a file or from the environment. `check` says what is wrong with the value, if anything. */
export const secret = (surroundings: SecretSurroundings, check?: (value: string) => string | undefined) =>
  z
    .union(
      [
        z.string(),
        z.strictObject({ file: z.string().min(1).describe('File that holds the secret.') }),
        z.strictObject({ env: z.string().min(1).describe('Variable of the environment that holds the secret.') }),
        z.strictObject({ vault: z.string().min(1).describe('Entry of the vault that holds the secret.') }),
      ],
      { error: 'must be the secret in quotes, { file: path }, { env: NAME } or { vault: name }.' },
    )
    .transform((source, context): Secret => {
      const found = findSecret(source, surroundings);
      const sentence = found.found ? check?.(found.secret.reveal()) : found.sentence;
      if (sentence !== undefined) refuse(context, sentence);
      return found.found && sentence === undefined ? found.secret : z.NEVER;
    });

/** Reverse proxies whose word on who asks is taken. */
export function trustedProxies() {
  return z
    .array(
      range().refine((text) => !/\/0+$/.test(text), {
        error: 'is every address: whoever connects could claim to be anybody. Name the proxy itself.',
      }),
    )
    .default([])
    .describe(
      'Addresses and ranges of reverse proxies in front, whose X-Forwarded-For or Forwarded is believed: trails, limits of failed logins and allowFrom then go by the address of the client. Default: none.',
    );
}

export function isProxyUrl(text: string): boolean {
  return /^https?:$/.test(URL.parse(text)?.protocol ?? '');
}

export const proxyExample = 'the URL of an HTTP proxy, such as http://proxy.example.com:3128.';
