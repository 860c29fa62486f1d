/** Binds what was typed behind a command to its parameters, and says in PowerShell's words what does not fit. */
import { CmdletError, type CmdletParameter } from '../../exchange/cmdlets/cmdlet.ts';
import { parameterNamed } from '../../exchange/cmdlets/run-cmdlet.ts';
import type { Argument, Value } from './parse-line.ts';

export interface Signature {
  readonly name: string;
  readonly parameters: readonly CmdletParameter[];
  /** Names of parameters that take values without a name, in order. */
  readonly positional: readonly string[];
}

/** By the right names of parameters. */
export type Bound = Record<string, unknown>;

/** @throws CmdletError for a parameter or a value that nothing takes */
export function bindParameters(
  signature: Signature,
  given: readonly Argument[],
  evaluate: (value: Value) => unknown,
): Bound {
  const bound: Bound = {};
  const loose: unknown[] = [];
  const set = (name: string, value: unknown) => {
    if (Object.hasOwn(bound, name))
      throw refusal(`Cannot bind parameter because parameter '${name}' is specified more than once.`);
    bound[name] = value;
  };
  for (let index = 0; index < given.length; index += 1) {
    const argument = given[index];
    if (argument === undefined || argument.kind === 'block')
      throw refusal('Script blocks are taken by Where-Object alone at this prompt.');
    if (argument.kind === 'value') {
      loose.push(evaluate(argument.value));
      continue;
    }
    const { name, type } = parameterNamed(signature, argument.name);
    if (argument.attached) {
      set(name, evaluate(argument.attached));
      continue;
    }
    if (type === 'switch') {
      set(name, true);
      continue;
    }
    const next = given[index + 1];
    if (next?.kind !== 'value')
      throw refusal(`Missing an argument for parameter '${name}'. Specify a value and try again.`);
    set(name, evaluate(next.value));
    index += 1;
  }
  const free = signature.positional.filter((name) => !Object.hasOwn(bound, name));
  for (const value of loose) {
    const name = free.shift();
    if (name === undefined)
      throw refusal(`A positional parameter cannot be found that accepts argument '${String(value)}'.`);
    set(name, value);
  }
  for (const [name, value] of Object.entries(bound)) {
    if (value !== null && value !== undefined) continue;
    if (signature.parameters.some((each) => each.name === name && each.mandatory))
      throw refusal(`Cannot bind argument to parameter '${name}' because it is null.`);
    delete bound[name];
  }
  return bound;
}

export function refusal(message: string): CmdletError {
  return new CmdletError('BadRequest', message, 'System.Management.Automation.ParameterBindingException');
}
