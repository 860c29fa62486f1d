/** What an administrator's session asks of Exchange for a check, with its answer as evidence. */
import type { PowerShellValue } from '../limit/powershell-literal.ts';
import type { Cmdlets } from '../limit/run-plan.ts';
import type { CheckContext, CheckResult } from './check.ts';

export type Row = Readonly<Record<string, unknown>>;

/** Answers of a cmdlet; a refusal as the result of the check. */
export type AskedExchange =
  | { readonly rows: readonly Row[]; readonly evidence: string }
  | { readonly refused: CheckResult };

/** What runs cmdlets: an administrator's session, else the app itself where it may; undefined where Exchange cannot be asked. */
export function cmdletsOf({ exchange, findings }: CheckContext): Cmdlets | undefined {
  return exchange ?? findings.exchange;
}

export function withCmdlets(context: CheckContext, exchange: Cmdlets): CheckContext {
  return { ...context, exchange };
}

export async function askExchange(
  context: CheckContext,
  name: string,
  parameters: Readonly<Record<string, PowerShellValue>> = {},
): Promise<AskedExchange> {
  const asked = [name, ...Object.values(parameters).map(String)].join(' ');
  try {
    const rows = (await cmdletsOf(context)?.run(name, parameters)) ?? [];
    return { rows, evidence: `${asked}: ${rows.length} ${rows.length === 1 ? 'object' : 'objects'}` };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      refused: {
        state: 'unknown',
        evidence: [`${asked}: ${why}`],
        remedy: 'Sign in as an administrator who may read this in Exchange (Exchange Administrator may).',
      },
    };
  }
}

/** A property as text; '' when it is not there. */
export function textOf(row: Row | undefined, name: string): string {
  const value = row?.[name];
  return value === undefined || value === null ? '' : String(value);
}

/** A property that holds a switch: PowerShell says True, JSON true. */
export function isOn(row: Row | undefined, name: string): boolean {
  return textOf(row, name).toLowerCase() === 'true';
}
