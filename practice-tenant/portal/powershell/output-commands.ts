/** The commands that shape what a pipeline writes: Format-List, Format-Table, Select-Object, Where-Object and a few more. */
import type { CmdletParameter } from '../../exchange/cmdlets/cmdlet.ts';
import { type Bound, bindParameters, refusal } from './bind-parameters.ts';
import {
  columnsOf,
  formatList,
  formatTable,
  isObject,
  matchesWildcard,
  propertyOf,
  type ShownObject,
  textOfValue,
} from './format-output.ts';
import type { Argument, Value } from './parse-line.ts';
import { Formatted, ShellError } from './shell-run.ts';

interface OutputCommand {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly parameters: readonly CmdletParameter[];
  readonly positional: readonly string[];
  run(input: readonly unknown[], bound: Bound): readonly unknown[];
}

const property: CmdletParameter = { name: 'Property', type: 'list' };

const commands: readonly OutputCommand[] = [
  {
    name: 'Format-List',
    aliases: ['fl'],
    parameters: [property],
    positional: ['Property'],
    run: (input, bound) => formatted(input, (objects) => formatList(objects, names(bound['Property']))),
  },
  {
    name: 'Format-Table',
    aliases: ['ft'],
    parameters: [property, { name: 'AutoSize', type: 'switch' }, { name: 'Wrap', type: 'switch' }],
    positional: ['Property'],
    run: (input, bound) => formatted(input, (objects) => formatTable(objects, names(bound['Property']))),
  },
  {
    name: 'Select-Object',
    aliases: ['select'],
    parameters: [
      property,
      { name: 'ExpandProperty', type: 'string' },
      { name: 'First', type: 'number' },
      { name: 'Last', type: 'number' },
    ],
    positional: ['Property'],
    run(input, bound) {
      const expanded = bound['ExpandProperty'];
      const first = bound['First'] === undefined ? input : input.slice(0, Number(bound['First']));
      const some = bound['Last'] === undefined ? first : first.slice(-Number(bound['Last']) || first.length);
      if (typeof expanded === 'string') return some.filter(isObject).map((each) => propertyOf(each, expanded));
      if (bound['Property'] === undefined) return some;
      const objects = some.filter(isObject);
      const columns = columnsOf(objects, names(bound['Property']));
      return objects.map((each) => Object.fromEntries(columns.map((name) => [name, propertyOf(each, name)])));
    },
  },
  {
    name: 'Measure-Object',
    aliases: ['measure'],
    parameters: [],
    positional: [],
    run: (input) => [{ Count: input.length }],
  },
  {
    name: 'Sort-Object',
    aliases: ['sort'],
    parameters: [property, { name: 'Descending', type: 'switch' }],
    positional: ['Property'],
    run(input, bound) {
      const [by = ''] = names(bound['Property']);
      const key = (value: unknown) => textOfValue(isObject(value) ? propertyOf(value, by) : value).toLowerCase();
      const sorted = input.toSorted((a, b) => key(a).localeCompare(key(b)));
      return bound['Descending'] === true ? sorted.toReversed() : sorted;
    },
  },
];

export function outputCommandNames(): readonly string[] {
  return [...commands.map(({ name }) => name), 'Where-Object'].sort();
}

/** Runs it; undefined when it is none of these. @throws CmdletError, ShellError */
export function runOutputCommand(
  name: string,
  given: readonly Argument[],
  input: readonly unknown[] | undefined,
  evaluate: (value: Value) => unknown,
): readonly unknown[] | undefined {
  const wanted = name.toLowerCase();
  if (['where-object', 'where', '?'].includes(wanted)) return filtered(given, input ?? [], evaluate);
  const found = commands.find((each) => each.name.toLowerCase() === wanted || each.aliases.includes(wanted));
  return found?.run(input ?? [], bindParameters(found, given, evaluate));
}

function formatted(input: readonly unknown[], format: (objects: readonly ShownObject[]) => string): readonly unknown[] {
  const objects = input.filter(isObject);
  return objects.length === 0 ? input : [new Formatted(format(objects))];
}

function names(value: unknown): readonly string[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}

const condition = /^\$_\.(\w+)\s+-(\w+)\s+(?:'([^']*)'|"([^"$]*)"|(\$?[\w.@-]+))$/i;

/** `Where-Object Property -eq value`, or the same as a block: `{ $_.Property -eq 'value' }`. */
function filtered(
  given: readonly Argument[],
  input: readonly unknown[],
  evaluate: (value: Value) => unknown,
): readonly unknown[] {
  const [first, operator, value] = given;
  if (first?.kind === 'block') {
    const found = condition.exec(first.text);
    if (!found) throw new ShellError("Where-Object: this prompt takes one comparison: { $_.Property -eq 'value' }.");
    const [, name = '', kind = '', ...texts] = found;
    const text = texts.find((each) => each !== undefined) ?? '';
    return input.filter((each) => compares(each, name, kind, text.replace(/^\$(?=true$|false$)/i, '')));
  }
  if (first?.kind !== 'value' || operator?.kind !== 'parameter' || value?.kind !== 'value')
    throw refusal('Where-Object: use Where-Object Property -eq value.');
  const name = textOfValue(evaluate(first.value));
  const wanted = textOfValue(evaluate(value.value));
  return input.filter((each) => compares(each, name, operator.name, wanted));
}

/** As PowerShell compares texts: without regard to case. */
function compares(value: unknown, name: string, operator: string, wanted: string): boolean {
  const text = textOfValue(isObject(value) ? propertyOf(value, name) : undefined);
  switch (operator.toLowerCase()) {
    case 'eq':
      return text.toLowerCase() === wanted.toLowerCase();
    case 'ne':
      return text.toLowerCase() !== wanted.toLowerCase();
    case 'like':
      return matchesWildcard(text, wanted);
    case 'notlike':
      return !matchesWildcard(text, wanted);
    default:
      throw new ShellError(`Where-Object: the operator -${operator} is not there at this prompt; use -eq, -ne, -like.`);
  }
}
