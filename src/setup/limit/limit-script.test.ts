import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { Language, type Node, Parser } from 'web-tree-sitter';
import { accessPolicyPlan } from './access-policy-plan.ts';
import type { LimitWishes } from './limit-plan.ts';
import { limitScript } from './limit-script.ts';
import { powerShellString } from './powershell-literal.ts';
import { rbacPlan } from './rbac-plan.ts';

const clientId = '11111111-2222-3333-4444-555555555555';
const servicePrincipalId = '99999999-2222-3333-4444-555555555555';
const wishes: LimitWishes = {
  clientId,
  applicationName: 'Mailroom',
  mailboxes: ['noreply@contoso.example', 'desk@contoso.example'],
  forbidden: 'ceo@contoso.example',
  group: { name: 'Mailroom senders', address: 'mailroom-senders@contoso.example', owners: ['admin@contoso.example'] },
};

/** A real grammar of PowerShell, which is not ours. */
let parser: Parser;
beforeAll(async () => {
  await Parser.init();
  const folder = dirname(createRequire(import.meta.url).resolve('tree-sitter-powershell/package.json'));
  parser = new Parser().setLanguage(await Language.load(join(folder, 'tree-sitter-powershell.wasm')));
});

function parse(script: string): { errors: string[]; commands: string[] } {
  const root = parser.parse(script)?.rootNode;
  if (!root) throw new Error('nothing was parsed');
  const errors = root.hasError ? [root.toString().slice(0, 400)] : [];
  const commands = root.descendantsOfType('command_name').flatMap((node: Node | null) => (node ? [node.text] : []));
  return { errors, commands };
}

describe('a script that limits an app', () => {
  test.each([
    ['access policy', () => accessPolicyPlan(wishes), 'New-ApplicationAccessPolicy'],
    ['a policy that denies', () => accessPolicyPlan({ ...wishes, denies: true }), 'New-ApplicationAccessPolicy'],
    ['RBAC for Applications', () => rbacPlan({ ...wishes, servicePrincipalId }), 'New-ManagementRoleAssignment'],
  ])(
    'by %s is PowerShell, asks before each change whether it was made, and ends with the proof',
    (_way, plan, last) => {
      const { errors, commands } = parse(limitScript(plan(), 'O365Default'));
      expect(errors).toEqual([]);
      const changes = commands.filter((name) => /^(?:New|Add)-/.test(name));
      expect(changes.at(-1)).toBe(last);
      for (const change of ['New-DistributionGroup', 'Add-DistributionGroupMember']) expect(changes).toContain(change);
      expect(commands.filter((name) => name.startsWith('Get-')).length).toBeGreaterThan(changes.length);
      expect(commands.at(-2)).toMatch(/^Test-/);
    },
  );

  test('tells-the-right-role: sending by Graph needs Application Mail.Send', () => {
    const script = limitScript(rbacPlan({ ...wishes, servicePrincipalId }), 'O365Default');
    expect(script).toContain("-Role 'Application Mail.Send'");
    expect(script).not.toContain('SendAsApp');
    expect(script).toContain('adds up with this and covers every mailbox');
  });

  test('goes to the right cloud', () => {
    expect(limitScript(accessPolicyPlan(wishes), 'O365USGovDoD')).toContain("-ExchangeEnvironmentName 'O365USGovDoD'");
  });

  test.each([
    "x'; Remove-Mailbox ceo; '",
    'x’; Remove-Mailbox ceo; ’',
    'x‘; Remove-Mailbox ceo',
    '$(Remove-Mailbox ceo)',
    '`"; Remove-Mailbox ceo',
    '#> Remove-Mailbox ceo',
    ') } Remove-Mailbox ceo {',
  ])('lets no name become a command: %s', (name) => {
    const plain = parse(limitScript(accessPolicyPlan(wishes), 'O365Default')).commands;
    const hostile = { ...wishes, applicationName: name, group: { ...wishes.group, name } };
    // The grammar knows the plain quote alone; PowerShell itself takes four more for one (see powershell-literal.ts).
    const script = limitScript(accessPolicyPlan(hostile), 'O365Default').replaceAll(/[\u2018\u2019\u201a\u201b]/g, "'");
    expect(parse(script)).toEqual({ errors: [], commands: plain });
  });

  test('takes any text as one string', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        let literal: string;
        try {
          literal = powerShellString(text);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          return;
        }
        const inner = literal.slice(1, -1);
        expect(inner.replaceAll(/(['\u2018\u2019\u201a\u201b])\1/g, '')).not.toMatch(/['\u2018\u2019\u201a\u201b]/);
      }),
    );
  });

  test('is-the-same-commands-whatever-stands-in-a-name-an-address-or-an-owner, in every script', () => {
    const scripts = [
      (hostile: LimitWishes) => accessPolicyPlan(hostile),
      (hostile: LimitWishes) => accessPolicyPlan({ ...hostile, denies: true }),
      (hostile: LimitWishes) => rbacPlan({ ...hostile, servicePrincipalId }),
    ];
    const plain = scripts.map((plan) => parse(limitScript(plan(wishes), 'O365Default')).commands);
    // What PowerShell gives a meaning to, beside whatever else comes.
    const meaningful = fc.constantFrom(...`'"\`$(){};|&#@,<>%*?[]\u2018\u2019\u201a\u201b -`);
    const text = fc.string({
      unit: fc.oneof(meaningful, fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 })),
      maxLength: 24,
    });
    fc.assert(
      fc.property(text, text, text, (name, address, owner) => {
        const hostile = {
          ...wishes,
          applicationName: name,
          group: { name, address, owners: [owner] },
          mailboxes: [address],
        };
        for (const [index, plan] of scripts.entries()) {
          let script: string;
          try {
            script = limitScript(plan(hostile), 'O365Default');
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError);
            return;
          }
          const { errors, commands } = parse(script.replaceAll(/[\u2018\u2019\u201a\u201b]/g, "'"));
          expect(errors).toEqual([]);
          expect(new Set(commands)).toEqual(new Set(plain[index]));
        }
      }),
      { numRuns: 150 },
    );
  });

  test('a line end in a name is refused', () => {
    expect(() => powerShellString('a\r\nRemove-Mailbox ceo')).toThrow(RangeError);
  });

  test('that would stop all mail is not written', () => {
    expect(() => accessPolicyPlan({ ...wishes, mailboxes: [] })).toThrow('at least one mailbox');
  });
});
