/** Exchange's cmdlets at the prompt: the same code that answers InvokeCommand, with PowerShell's way of asking before it. */
import { type Cmdlet, CmdletError, type CmdletObject, type CmdletParameter } from '../../exchange/cmdlets/cmdlet.ts';
import { findCmdlet, mayManageExchange, missingParameters, runCmdlet } from '../../exchange/cmdlets/run-cmdlet.ts';
import { type Bound, bindParameters, refusal, type Signature } from './bind-parameters.ts';
import { isObject } from './format-output.ts';
import type { Argument, Value } from './parse-line.ts';
import type { Connection, ShellSession } from './shell.ts';
import { ask, confirm, type Run, type ShellCall, ShellError } from './shell-run.ts';

/** The cmdlet, where this connection has it: Exchange gives a person none that the roles do not allow. */
export function exchangeCmdlet(session: ShellSession, name: string): Cmdlet | undefined {
  const { connection } = session;
  return connection && mayManageExchange(connection.operator) ? findCmdlet(name) : undefined;
}

export function* runExchangeCmdlet(
  cmdlet: Cmdlet,
  given: readonly Argument[],
  call: ShellCall,
  evaluate: (value: Value) => unknown,
): Run<readonly unknown[]> {
  const { session, input } = call;
  const { connection } = session;
  if (!connection) throw new ShellError('The connection to Exchange Online has ended. Use Connect-ExchangeOnline.');
  const bound = shown(cmdlet, () => bindParameters(signatureOf(cmdlet), given, evaluate));
  const takesIdentity = cmdlet.parameters.some(({ name }) => name === 'Identity');
  if (input === undefined || !takesIdentity || Object.hasOwn(bound, 'Identity')) {
    yield* askForMissing(session, cmdlet, bound);
    return yield* runOnce(session, connection, cmdlet, bound);
  }
  const results: unknown[] = [];
  for (const each of input)
    results.push(...(yield* runOnce(session, connection, cmdlet, { ...bound, Identity: identityOf(each) })));
  return results;
}

function* runOnce(
  session: ShellSession,
  { tenant, operator }: Connection,
  cmdlet: Cmdlet,
  bound: Bound,
): Run<readonly CmdletObject[]> {
  const target = String(bound['Identity'] ?? bound['Name'] ?? bound['AppId'] ?? '');
  if (bound['WhatIf'] === true)
    session.write(`What if: Performing the operation "${cmdlet.name}" on target "${target}".`);
  const wantsToAsk = bound['Confirm'] === true || (cmdlet.name.startsWith('Remove-') && bound['Confirm'] !== false);
  if (wantsToAsk && bound['WhatIf'] !== true) {
    const question = `Confirm\nAre you sure you want to perform this action?\nPerforming the operation "${cmdlet.name}" on target "${target}".`;
    if (!(yield* confirm(session, question, 'Y'))) return [];
  }
  return shown(cmdlet, () => runCmdlet(session.service, tenant, operator, cmdlet.name, bound));
}

/** Asks parameter by parameter for what must be given: a list until an empty line ends it. */
function* askForMissing(session: ShellSession, cmdlet: Cmdlet, bound: Bound): Run<void> {
  const missing = missingParameters(cmdlet, Object.keys(bound));
  if (missing.length === 0) return;
  session.write(`cmdlet ${cmdlet.name} at command pipeline position 1\nSupply values for the following parameters:`);
  for (const parameter of missing) bound[parameter.name] = yield* askFor(cmdlet, parameter);
}

function* askFor(cmdlet: Cmdlet, { name, type }: CmdletParameter): Run<string | readonly string[]> {
  if (type !== 'list') {
    const text = (yield* ask(`${name}: `)).trim();
    if (text === '')
      throw worded(cmdlet, refusal(`Cannot bind argument to parameter '${name}' because it is an empty string.`));
    return text;
  }
  const items: string[] = [];
  for (;;) {
    const text = (yield* ask(`${name}[${items.length}]: `)).trim();
    if (text === '') break;
    items.push(text);
  }
  if (items.length === 0)
    throw worded(cmdlet, refusal(`Cannot bind argument to parameter '${name}' because it is an empty array.`));
  return items;
}

/** What may be typed without a parameter's name. Source: "Position" in office-docs-powershell. */
function signatureOf(cmdlet: Cmdlet): Signature {
  const { name, parameters } = cmdlet;
  const isNamedOnly = /^(?:New|Test)-ApplicationAccessPolicy$/.test(name);
  const first = parameters.find((each) => each.name === 'Identity') ?? parameters.find((each) => each.name === 'Name');
  return { name, parameters, positional: first && !isNamedOnly ? [first.name] : [] };
}

/** By what an object of the pipeline is found again. */
function identityOf(value: unknown): string {
  if (!isObject(value)) return String(value);
  return String(value['ExternalDirectoryObjectId'] ?? value['Identity'] ?? value['Name'] ?? '');
}

function shown<T>(cmdlet: Cmdlet, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw error instanceof CmdletError ? worded(cmdlet, error) : error;
  }
}

/** PowerShell names the command, the module of Exchange the exception behind it. */
function worded({ name }: Cmdlet, { message, exception }: CmdletError): ShellError {
  const isBinding = exception === 'System.Management.Automation.ParameterBindingException';
  return new ShellError(isBinding ? `${name}: ${message}` : `Write-ErrorMessage: |${exception}|${message}`);
}
