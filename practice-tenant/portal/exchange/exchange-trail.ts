/** The way to the pages of the admin center, and what they share. */
import { CmdletError } from '../../exchange/cmdlets/cmdlet.ts';
import { runCmdlet } from '../../exchange/cmdlets/run-cmdlet.ts';
import { operatorOf, type PortalCall } from '../portal-call.ts';

export const groupsTrail = [
  ['Exchange admin center', '/portal/exchange'],
  ['Groups', '/portal/exchange/groups'],
] as const;

export const mailboxesTrail = [
  ['Exchange admin center', '/portal/exchange'],
  ['Mailboxes', '/portal/exchange/mailboxes'],
] as const;

/** Does by cmdlet what a form asks for, as the admin center does. Returns why it was refused, if it was. */
export function attemptCmdlet(
  call: PortalCall,
  name: string,
  parameters: Readonly<Record<string, unknown>>,
): string | undefined {
  try {
    runCmdlet(call.service, call.tenant, operatorOf(call), name, parameters);
    return undefined;
  } catch (error) {
    if (error instanceof CmdletError) return error.message;
    throw error;
  }
}
