/** What a cmdlet is: its parameters, which of them must be given, and what it does. */
import type { TenantUser } from '../../directory/directory-state.ts';
import type { Service, Tenant } from '../../service.ts';

export type ParameterType = 'string' | 'list' | 'boolean' | 'switch' | 'number';
export type ParameterValue = string | number | boolean | readonly string[];
export type Parameters = Readonly<Record<string, ParameterValue>>;

export interface CmdletParameter {
  readonly name: string;
  readonly type: ParameterType;
  readonly mandatory?: true;
  /** Where only these values are taken. */
  readonly values?: readonly string[];
}

/** What a cmdlet writes: properties in their order. */
export type CmdletObject = Readonly<Record<string, unknown>>;

export interface CmdletCall {
  readonly service: Service;
  readonly tenant: Tenant;
  /** Parameters by their right names, of the right types, none missing. */
  readonly given: Parameters;
  /** ms since the epoch. */
  readonly now: number;
}

export interface Cmdlet {
  readonly name: string;
  readonly parameters: readonly CmdletParameter[];
  run(call: CmdletCall): readonly CmdletObject[];
}

export type CmdletProblem = 'NotFound' | 'BadRequest' | 'Forbidden';

/** Why a cmdlet did nothing. */
export class CmdletError extends Error {
  readonly problem: CmdletProblem;
  /** .NET's name of it, as the service names it. */
  readonly exception: string;
  constructor(
    problem: CmdletProblem,
    message: string,
    exception = 'Microsoft.Exchange.Configuration.Tasks.TaskException',
  ) {
    super(message);
    this.problem = problem;
    this.exception = exception;
  }
}

export function notFound(name: string): CmdletError {
  return new CmdletError(
    'NotFound',
    `The operation couldn't be performed because object '${name}' couldn't be found on the server.`,
    'Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException',
  );
}

export function textOf(given: Parameters, name: string): string {
  const value = given[name];
  return value === undefined ? '' : Array.isArray(value) ? String(value[0] ?? '') : String(value);
}

export function optionalText(given: Parameters, name: string): string | null {
  return given[name] === undefined ? null : textOf(given, name);
}

export function listOf(given: Parameters, name: string): readonly string[] {
  const value = given[name];
  if (value === undefined) return [];
  return typeof value === 'object' ? value : [String(value)];
}

/** A user by address, alias, id or name; one that Exchange's replicas do not know yet is not there. @throws CmdletError */
export function findUser({ tenant, now }: CmdletCall, name: string): TenantUser {
  const { directory } = tenant;
  const wanted = name.toLowerCase();
  const user =
    directory.user(name) ?? directory.state.users.find(({ displayName }) => displayName.toLowerCase() === wanted);
  if (!user || (directory.state.exchange.knownFrom[user.id] ?? 0) > now) throw notFound(name);
  return user;
}

/** @throws CmdletError */
export function findGroup({ tenant, now }: CmdletCall, name: string) {
  const group = tenant.directory.group(name);
  if (!group?.mailEnabled || (tenant.directory.state.exchange.knownFrom[group.id] ?? 0) > now) throw notFound(name);
  return group;
}
