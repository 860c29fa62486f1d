/**
 * Every mail of both corpora through what happens to its bytes between acceptance and Graph: missing fields added, the
 * header held to the envelope. Judged by two libraries that read MIME, and by the bytes below the root header.
 */
import { globSync } from 'node:fs';
import { type AddressObject, simpleParser } from 'mailparser';
import PostalMime, { type Address } from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { canonicalAddress } from '../../src/mime/addresses.ts';
import { headerForEnvelope } from '../../src/mime/envelope-header.ts';
import { isSigned } from '../../src/mime/from-header.ts';
import { toJsonForm } from '../../src/mime/graph-json.ts';
import { findHeaderEnd, parseRootHeader } from '../../src/mime/root-header.ts';
import { missingFields } from '../../src/mime/submission-header.ts';
import { bodyBelowHeader, type Fixture, loadOwnCorpus, loadSharedCorpus } from './corpus.ts';

const added = { messageId: '<added@mailroom.example>', now: Date.UTC(2026, 0, 5), from: 'client@contoso.example' };
const own = loadOwnCorpus();
const shared = loadSharedCorpus();

interface Delivered {
  readonly accepted: Buffer;
  readonly header: Buffer;
  readonly whole: Buffer;
  readonly trimmed: readonly string[];
  readonly blind: readonly string[];
}

function deliver(fixture: Fixture, recipients: readonly string[] = fixture.recipients): Delivered {
  const accepted = Buffer.concat([missingFields(parseRootHeader(fixture.bytes), added), fixture.bytes]);
  const root = parseRootHeader(accepted);
  const result = headerForEnvelope(root, recipients);
  return { ...result, accepted, whole: Buffer.concat([result.header, accepted.subarray(root.bodyStart)]) };
}

/** The recipients that each of two libraries reads out of the root header. */
async function recipientsRead(message: Buffer): Promise<string[][]> {
  // The header alone: the libraries need not get through every broken body to tell who a message goes to.
  const header = message.subarray(0, message.indexOf('\r\n\r\n') + 4);
  const parsed = await simpleParser(header);
  const lists: (AddressObject | undefined)[] = [parsed.to, parsed.cc, parsed.bcc].flat();
  const first = lists.flatMap((list) => list?.value ?? []).flatMap((entry) => entry.group ?? [entry]);
  const email = await PostalMime.parse(header);
  const all: Address[] = [...(email.to ?? []), ...(email.cc ?? []), ...(email.bcc ?? [])];
  const second = all.flatMap((entry) => entry.group ?? [entry]);
  return [first, second].map((entries) => entries.map((entry) => canonicalAddress(entry.address ?? '')).sort());
}

async function holdsTheEnvelope(fixture: Fixture, recipients = fixture.recipients): Promise<void> {
  const { header, whole } = deliver(fixture, recipients);
  expect(header.subarray(-4).toString()).toBe('\r\n\r\n');
  expect(header.indexOf('\r\n\r\n')).toBe(header.length - 4);
  const body = bodyBelowHeader(fixture.bytes);
  expect(whole.subarray(whole.length - body.length).equals(body)).toBe(true);
  for (const read of await recipientsRead(whole)) expect(read).toEqual(recipients.map(canonicalAddress).sort());
  const again = headerForEnvelope(parseRootHeader(whole), recipients);
  expect(again.header.equals(header)).toBe(true);
}

/** Addresses that stand anywhere in the header: an envelope that overlaps with what the fields say. */
function someAddressesOf(fixture: Fixture): string[] {
  const text = bytesOfHeader(fixture).toString('latin1');
  const found = text.match(/[a-z0-9][a-z0-9._+-]*@[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)+/gi) ?? [];
  const distinct = new Map(found.map((address) => [canonicalAddress(address), address]));
  return [...distinct.values()].filter((_address, index) => index % 2 === 0);
}

function bytesOfHeader(fixture: Fixture): Buffer {
  return fixture.bytes.subarray(0, fixture.bytes.length - bodyBelowHeader(fixture.bytes).length);
}

describe('own corpus', () => {
  it('every-file-stands-in-the-index-once', () => {
    const files = globSync('messages/*.eml', { cwd: import.meta.dirname });
    expect(own.map(({ file }) => file).sort()).toEqual(files.map((file) => file.replaceAll('\\', '/')).sort());
    expect(own.length).toBeGreaterThanOrEqual(60);
  });

  it.each(own)('$name: line ends are as the index says', ({ bytes, bareNewlines }) => {
    expect(/\r(?!\n)|(?<!\r)\n/.test(bytes.toString('latin1'))).toBe(bareNewlines);
    expect(bytes.subarray(-2).toString()).toBe('\r\n');
  });

  it.each(own)('$name: submission adds what is missing and nothing else', ({ bytes, addedFields }) => {
    const prefix = missingFields(parseRootHeader(bytes), added).toString();
    expect([...prefix.matchAll(/^([\w-]+): /gm)].map(([, name]) => name)).toEqual(addedFields);
  });

  it.each(own)('$name: reaches its envelope and nobody else', async (fixture) => {
    const { trimmed, blind } = deliver(fixture);
    expect([...trimmed].sort()).toEqual([...fixture.trimmed].sort());
    expect(blind).toEqual(fixture.blind);
    await holdsTheEnvelope(fixture);
  });

  it.each(own)('$name: signed mail and mail that JSON would break are known', async (fixture) => {
    const { accepted } = deliver(fixture);
    expect(isSigned(parseRootHeader(accepted))).toBe(fixture.signed);
    expect((await toJsonForm(accepted, fixture.recipients)).possible).toBe(fixture.jsonForm !== 'refused');
  });

  it.each(own)('$name: the end of its header is found wherever its bytes are cut', (fixture) => {
    const { accepted } = deliver(fixture);
    const { bodyStart, headerEnd } = parseRootHeader(accepted);
    if (headerEnd === bodyStart) return expect(findHeaderEnd(accepted)).toBe(-1);
    for (let cut = Math.max(0, bodyStart - 12); cut <= Math.min(accepted.length, bodyStart + 3); cut += 1) {
      const early = findHeaderEnd(accepted.subarray(0, cut));
      expect(early === -1 ? findHeaderEnd(accepted, cut) : early).toBe(bodyStart);
    }
  });
});

describe.skipIf(shared === undefined)('shared corpus', () => {
  it.each(shared ?? [])('$name: reaches its envelope and nobody else', async (fixture) => {
    await holdsTheEnvelope(fixture);
    const overlapping = someAddressesOf(fixture);
    if (overlapping.length > 0) await holdsTheEnvelope(fixture, overlapping);
    await toJsonForm(fixture.bytes, fixture.recipients);
  });
});
