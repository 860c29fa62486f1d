/** Runs a cmdlet by name, after its parameters were held against what it takes. */
import type { Service, Tenant } from '../../service.ts';
import { accessPolicyCmdlets } from './access-policies.ts';
import { appRoleCmdlets } from './app-roles.ts';
import { type Cmdlet, CmdletError, type CmdletObject, type CmdletParameter, type ParameterValue } from './cmdlet.ts';
import { recipientCmdlets } from './recipients.ts';

/** Who runs it: display names of directory roles decide what is allowed. */
export interface Operator {
  readonly name: string;
  readonly directoryRoles: readonly string[];
}

const cmdlets: ReadonlyMap<string, Cmdlet> = new Map(
  [...accessPolicyCmdlets, ...appRoleCmdlets, ...recipientCmdlets].map((cmdlet) => [cmdlet.name.toLowerCase(), cmdlet]),
);
/** Taken by every cmdlet, and without effect here but for WhatIf. */
const common: readonly CmdletParameter[] = [
  { name: 'WhatIf', type: 'switch' },
  { name: 'Confirm', type: 'switch' },
  { name: 'Verbose', type: 'switch' },
  { name: 'ErrorAction', type: 'string' },
  { name: 'WarningAction', type: 'string' },
  { name: 'ResultSize', type: 'string' },
];
const mayManage = ['Global Administrator', 'Exchange Administrator'];
/** View-Only Organization Management: cmdlets that change nothing. */
const mayRead = ['Global Reader'];

/** Organization Management: without it Exchange has no cmdlet for somebody, and its admin center no page. */
export function mayManageExchange({ directoryRoles }: Pick<Operator, 'directoryRoles'>): boolean {
  return directoryRoles.some((role) => mayManage.includes(role));
}

function mayReadExchange({ directoryRoles }: Operator): boolean {
  return directoryRoles.some((role) => mayRead.includes(role));
}

export function cmdletNames(): readonly string[] {
  return [...cmdlets.values()].map(({ name }) => name);
}

export function findCmdlet(name: string): Cmdlet | undefined {
  return cmdlets.get(name.toLowerCase());
}

/** @throws CmdletError */
export function runCmdlet(
  service: Service,
  tenant: Tenant,
  operator: Operator,
  name: string,
  parameters: Readonly<Record<string, unknown>>,
): readonly CmdletObject[] {
  const cmdlet = findCmdlet(name);
  // Who may not use a cmdlet does not have it: that is how Exchange says so.
  const isReading = cmdlet !== undefined && /^(?:Get|Test)-/.test(cmdlet.name);
  const mayRun = mayManageExchange(operator) || (isReading && mayReadExchange(operator));
  if (!cmdlet || !mayRun)
    throw new CmdletError('Forbidden', `The term '${name}' is not recognized as the name of a cmdlet.`);
  const given: Record<string, ParameterValue> = {};
  for (const [key, value] of Object.entries(parameters)) {
    const parameter = parameterNamed(cmdlet, key);
    given[parameter.name] = converted(cmdlet, parameter, value);
  }
  const missing = missingParameters(cmdlet, Object.keys(given));
  if (missing.length > 0)
    throw new CmdletError(
      'BadRequest',
      `Cannot process command because of one or more missing mandatory parameters: ${missing.map(({ name: each }) => each).join(' ')}.`,
      'System.Management.Automation.ParameterBindingException',
    );
  if (given['WhatIf'] === true) return [];
  const result = cmdlet.run({ service, tenant, given, now: service.clock.now() });
  if (!isReading) service.changed();
  return result;
}

export function missingParameters(
  cmdlet: Pick<Cmdlet, 'parameters'>,
  given: readonly string[],
): readonly CmdletParameter[] {
  return cmdlet.parameters.filter(({ mandatory, name }) => mandatory && !given.includes(name));
}

/** By its name or an unambiguous beginning of it, as PowerShell takes it. @throws CmdletError */
export function parameterNamed(cmdlet: Pick<Cmdlet, 'parameters'>, name: string): CmdletParameter {
  const wanted = name.toLowerCase();
  const all = [...cmdlet.parameters, ...common];
  const exact = all.find((each) => each.name.toLowerCase() === wanted);
  const beginning = all.filter((each) => each.name.toLowerCase().startsWith(wanted));
  const found = exact ?? (beginning.length === 1 ? beginning[0] : undefined);
  if (found) return found;
  throw new CmdletError(
    'BadRequest',
    `A parameter cannot be found that matches parameter name '${name}'.`,
    'System.Management.Automation.ParameterBindingException',
  );
}

/** @throws CmdletError for a value of another type */
function converted(cmdlet: Cmdlet, parameter: CmdletParameter, value: unknown): ParameterValue {
  const { type, values, name } = parameter;
  const fail = () =>
    new CmdletError(
      'BadRequest',
      `Cannot process argument transformation on parameter '${name}' of ${cmdlet.name}. The value is not valid${values ? `: use ${values.join(' or ')}` : ''}.`,
      'System.Management.Automation.ParameterBindingException',
    );
  switch (type) {
    case 'switch':
    case 'boolean': {
      if (typeof value === 'boolean') return value;
      const text = String(value).toLowerCase().replace('$', '');
      if (text !== 'true' && text !== 'false') throw fail();
      return text === 'true';
    }
    case 'list': {
      const list = Array.isArray(value) ? value : [value];
      if (!list.every((each) => typeof each === 'string' || typeof each === 'number')) throw fail();
      return list.map(String);
    }
    case 'number':
      if (!Number.isFinite(Number(value))) throw fail();
      return Number(value);
    case 'string': {
      const single: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
      if (typeof single !== 'string' && typeof single !== 'number') throw fail();
      const text = String(single);
      if (values && !values.some((each) => each.toLowerCase() === text.toLowerCase())) throw fail();
      return text;
    }
  }
}
