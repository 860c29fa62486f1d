import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Argument, ParseError, parseLine, type Value } from './parse-line.ts';

/** Arguments of the only command, in short. */
function typed(line: string): unknown[] {
  const [statement] = parseLine(line);
  const short = (value: Value): unknown => {
    switch (value.kind) {
      case 'constant':
        return value.value;
      case 'list':
        return value.items.map(short);
      case 'template':
        return { joined: value.parts.map(short) };
      case 'variable':
        return `$${[value.name, ...value.path].join('.')}`;
      case 'pipeline':
        return { of: value.pipeline.commands.map(({ name }) => name), path: value.path };
    }
  };
  const shortArgument = (argument: Argument): unknown => {
    switch (argument.kind) {
      case 'parameter':
        return argument.attached ? [`-${argument.name}`, short(argument.attached)] : `-${argument.name}`;
      case 'value':
        return short(argument.value);
      case 'block':
        return `{${argument.text}}`;
    }
  };
  return (statement?.pipeline.commands[0]?.arguments ?? []).map(shortArgument);
}

describe('a line at the prompt', () => {
  it.each<[string, unknown[]]>([
    ['x -Name ExchangeOnlineManagement -Force', ['-Name', 'ExchangeOnlineManagement', '-Force']],
    [`x -Description 'it''s "one"' "say ""hi"" \`$5"`, ['-Description', 'it\'s "one"', 'say "hi" $5']],
    ['x -AppId a,"b", \'c\' -Confirm:$false', ['-AppId', ['a', 'b', 'c'], ['-Confirm', false]]],
    ['x @("a", \'b\') @() ("c")', [['a', 'b'], [], { of: [], path: [] }]],
    ['x $group.PrimarySmtpAddress $null 5 -3', ['$group.PrimarySmtpAddress', null, 5, -3]],
    ['x "to $name.txt and $(Get-Y z)"', [{ joined: ['to ', '$name', '.txt and ', { of: ['Get-Y'], path: [] }] }]],
    ['x (Get-Mailbox ada).ExternalDirectoryObjectId', [{ of: ['Get-Mailbox'], path: ['ExternalDirectoryObjectId'] }]],
    ["x { $_.Name -eq 'y' } # not this", ["{$_.Name -eq 'y'}"]],
    // Pasted out of a manual with typographic signs.
    ['x –AccessRight “RestrictAccess” —AppId ‘*’', ['-AccessRight', 'RestrictAccess', '-AppId', '*']],
    ['x -A `\n -B', ['-A', '-B']],
  ])('%s', (line, expected) => {
    expect(typed(line)).toEqual(expected);
  });

  it.each([
    ["x 'open", "char:3: The string is missing the terminator: '."],
    ['x "open', 'char:3: The string is missing the terminator: ".'],
    ['x | ', 'An empty pipe element is not allowed.'],
    ['x @(1', "Missing closing ')'"],
    ['x { y', "Missing closing '}'"],
    ['x @{a=1}', 'Only lists may follow "@"'],
    [`x ${'('.repeat(500)}`, 'The brackets are too deep.'],
    ['x )', "Unexpected token ')'."],
  ])('that cannot be read says where: %s', (line, expected) => {
    expect(() => parseLine(line)).toThrow(expected);
  });

  it('whatever is typed is read or refused, and soon', () => {
    const piece = fc.constantFrom(
      '-A',
      '$x',
      "'",
      '"',
      '(',
      ')',
      '@(',
      '{',
      '}',
      '|',
      ';',
      ',',
      '`',
      '#',
      ' ',
      'w',
      '=',
      '.',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece, { maxLength: 60 }).map((all) => all.join('')),
        ),
        (line) => {
          try {
            parseLine(line);
          } catch (error) {
            expect(error).toBeInstanceOf(ParseError);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});
