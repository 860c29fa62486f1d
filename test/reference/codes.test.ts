/**
 * Every AADSTS number and every Graph code of Microsoft's that the project knows leads to a sentence and a remedy. The list
 * beside this file is held against the reference where that stands beside the project.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { aadstsCodes } from '../../practice-tenant/entra/entra-error.ts';
import { catalogueRow } from '../../src/domain/catalogue.ts';
import { classifyGraph, classifyToken } from '../../src/egress/classify.ts';
import type { Verdict } from '../../src/egress/verdict.ts';

const listed = z
  .object({ aadsts: z.array(z.number()), graph: z.array(z.string()) })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, 'codes.json'), 'utf8')));

/** The status that goes with a code where the code alone does not decide. */
const statuses: Readonly<Record<string, number>> = {
  InvalidAuthenticationToken: 401,
  RequestEntityTooLarge: 413,
  ServiceUnavailable: 503,
};
const messages: Readonly<Record<string, string>> = {
  ExtensionError: 'Operation: Create; Exception: [Status Code: Forbidden; Reason: Access to OData is disabled.]',
};

function faultOf(verdict: Verdict): string {
  return verdict.outcome === 'sent' ? 'sent' : verdict.fault;
}

function saysWhatToDo(fault: string): void {
  expect(fault).not.toMatch(/unlisted|^sent$/);
  const { text, remedy } = catalogueRow(z.custom<Parameters<typeof catalogueRow>[0]>().parse(fault));
  expect(text).toMatch(/^[A-Z].*[.]$/);
  expect(remedy.length).toBeGreaterThan(20);
}

describe('a refusal of Entra leads to a sentence and a remedy', () => {
  test.each(listed.aadsts)('AADSTS%d', (aadsts) => {
    saysWhatToDo(faultOf(classifyToken({ aadsts, status: 400 })));
  });
});

/** What only a person's browser meets at sign-in and consent, or a program that asks in another way than Mailroom does. */
const ofSignIn: readonly number[] = [
  50011, 50057, 54005, 70000, 70003, 70008, 70016, 70018, 70019, 70020, 501481, 9002326,
];

test('every number that the practice tenant answers an app with is in the list', () => {
  const known = [...listed.aadsts, ...ofSignIn];
  const unheard = aadstsCodes.filter((code) => !known.includes(code));
  for (const aadsts of unheard) saysWhatToDo(faultOf(classifyToken({ aadsts, status: 400 })));
});

describe('a refusal of Graph leads to a sentence and a remedy', () => {
  test.each(listed.graph)('%s', (code) => {
    const message = messages[code];
    saysWhatToDo(faultOf(classifyGraph({ status: statuses[code] ?? 400, code, message })));
  });
});

/** Stands beside the project where it is developed. */
const reference = join(import.meta.dirname, '..', '..', '..', 'shared', 'reference', 'microsoft365.md');
const standing = existsSync(reference) ? reference : undefined;

describe.skipIf(standing === undefined)(
  'the list holds every code of the reference (skipped where that is not there)',
  () => {
    const text = standing === undefined ? '' : readFileSync(standing, 'utf8');
    const between = (from: string, to: string) => text.slice(text.indexOf(from), text.indexOf(to, text.indexOf(from)));

    test('AADSTS numbers of its table', () => {
      const rows = between('| AADSTS | meaning', '## 2.').split('\n').slice(2);
      const numbers = rows.flatMap((row) => (row.split('|')[1] ?? '').match(/\d{5,7}/g) ?? []).map(Number);
      expect(numbers.length).toBeGreaterThan(35);
      expect(numbers.filter((number) => !listed.aadsts.includes(number))).toEqual([]);
    });

    test('Graph codes of its table', () => {
      const rows = between('| situation | HTTP', 'Mail resources do return').split('\n').slice(2);
      const codes = rows
        .flatMap((row) => (row.split('|')[3] ?? '').match(/[A-Z][A-Za-z]+(?:_[A-Z][A-Za-z]+)?/g) ?? [])
        .filter((code) => !['U', 'D', 'F'].includes(code) && code.length > 5);
      expect(codes.length).toBeGreaterThan(15);
      expect(codes.filter((code) => !listed.graph.includes(code))).toEqual([]);
    });
  },
);
