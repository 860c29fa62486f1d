/** Runs what was typed: statement by statement, each pipeline from left to right. It stops at the first error. */
import { CmdletError } from '../../exchange/cmdlets/cmdlet.ts';
import { missingParameters } from '../../exchange/cmdlets/run-cmdlet.ts';
import { bindParameters } from './bind-parameters.ts';
import { exchangeCmdlet, runExchangeCmdlet } from './exchange-commands.ts';
import { formatDefault, isObject, propertyOf, textOfValue } from './format-output.ts';
import { findModuleCommand } from './module-commands.ts';
import { runOutputCommand } from './output-commands.ts';
import { type Command, type Pipeline, parseLine, type Value } from './parse-line.ts';
import type { ShellSession } from './shell.ts';
import { ask, Formatted, notRecognized, type Run, ShellError } from './shell-run.ts';

/** Runs a line and writes what it leaves behind. @throws ParseError, ShellError, CmdletError */
export function* runLine(session: ShellSession, line: string): Run<void> {
  for (const { assignTo, pipeline } of parseLine(line)) {
    const values = yield* runPipeline(session, pipeline);
    if (assignTo === undefined) session.write(written(values));
    else session.setVariable(assignTo, values.length === 1 ? values[0] : values);
  }
}

function written(values: readonly unknown[]): string {
  const texts = values.flatMap((value) => (value instanceof Formatted ? [value.text] : []));
  return [...texts, formatDefault(values.filter((value) => !(value instanceof Formatted)))].filter(Boolean).join('\n');
}

function* runPipeline(session: ShellSession, { value, commands }: Pipeline): Run<readonly unknown[]> {
  let flow: readonly unknown[] | undefined = value ? listed(yield* evaluated(session, value)) : undefined;
  for (const command of commands) flow = yield* runCommand(session, command, flow);
  return flow ?? [];
}

function* runCommand(session: ShellSession, command: Command, input?: readonly unknown[]): Run<readonly unknown[]> {
  const { name } = command;
  // Commands within brackets may ask as well, so they run before the parameters are bound.
  const known = new Map<Value, unknown>();
  for (const argument of command.arguments) {
    const value = argument.kind === 'value' ? argument.value : argument.kind === 'parameter' && argument.attached;
    if (value) known.set(value, yield* evaluated(session, value));
  }
  const evaluate = (value: Value) => known.get(value);
  const shaped = runOutputCommand(name, command.arguments, input, evaluate);
  if (shaped) return shaped;
  const around = findModuleCommand(session, name);
  if (around) {
    const bound = bindParameters(around, command.arguments, evaluate);
    for (const missing of missingParameters(around, Object.keys(bound)))
      bound[missing.name] = yield* ask(`${missing.name}: `);
    if (input !== undefined && around.name === 'Write-Output') return input;
    const result = around.run(session, bound);
    return 'next' in result ? yield* result : result;
  }
  const cmdlet = exchangeCmdlet(session, name);
  if (!cmdlet) throw notRecognized(name);
  return yield* runExchangeCmdlet(cmdlet, command.arguments, { session, input }, evaluate);
}

function* evaluated(session: ShellSession, value: Value): Run<unknown> {
  switch (value.kind) {
    case 'constant':
      return value.value;
    case 'list': {
      const items: unknown[] = [];
      for (const item of value.items) items.push(yield* evaluated(session, item));
      return items;
    }
    case 'template': {
      let text = '';
      for (const part of value.parts) text += textOfValue(yield* evaluated(session, part));
      return text;
    }
    case 'variable':
      return atPath(session.variable(value.name), value.path);
    case 'pipeline': {
      const values = yield* runPipeline(session, value.pipeline);
      return atPath(values.length === 1 ? values[0] : values, value.path);
    }
  }
}

/** A property of a value; of a list, those of its items. */
function atPath(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((each, name) => {
    if (Array.isArray(each)) {
      const found = each.filter(isObject).map((item) => propertyOf(item, name));
      return found.length === 1 ? found[0] : found;
    }
    return isObject(each) ? propertyOf(each, name) : null;
  }, value);
}

function listed(value: unknown): readonly unknown[] {
  if (value === null || value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** How an error is shown. @throws what is none of the prompt's own */
export function errorText(error: unknown): string {
  if (error instanceof CmdletError || error instanceof ShellError) return error.message;
  throw error;
}
