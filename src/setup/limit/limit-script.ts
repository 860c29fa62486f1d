/**
 * A plan as a script for PowerShell with the ExchangeOnlineManagement module (V3): to review, to try with -WhatIf, and to
 * run as often as one likes.
 */
import type { CmdletCall, LimitPlan, LimitStep } from './limit-plan.ts';
import { powerShellComment, powerShellString, powerShellValue } from './powershell-literal.ts';

/** @param exchangeEnvironment value of -ExchangeEnvironmentName, from the table of clouds */
export function limitScript(plan: LimitPlan, exchangeEnvironment: string): string {
  const lines = [
    powerShellComment(plan.title),
    '#',
    '# Review it, then try it: add -WhatIf to see what it would change. It is safe to run twice: where a step does not find yet what',
    '# the one before has made, wait some minutes and run it again.',
    '# Needs the module of Exchange Online once: Install-Module -Name ExchangeOnlineManagement',
    '# and an administrator who may manage roles in Exchange (Exchange Administrator does).',
    ...plan.notes.map(powerShellComment),
    '#Requires -Version 5.1',
    '#Requires -Modules ExchangeOnlineManagement',
    '[CmdletBinding(SupportsShouldProcess)]',
    'param()',
    '',
    "$ErrorActionPreference = 'Stop'",
    "if (-not (Get-ConnectionInformation | Where-Object { $_.State -eq 'Connected' })) {",
    `  Connect-ExchangeOnline -ExchangeEnvironmentName ${powerShellString(exchangeEnvironment)} -ShowBanner:$false`,
    '}',
    ...plan.steps.flatMap(stepLines),
    '',
    '# The proof: what Exchange says at once. Graph follows later; `mailroom check` proves that.',
    'if (-not $WhatIfPreference) {',
    ...plan.proofs.flatMap((proof) => [
      `  Write-Host ${powerShellString(`${proof.parameters['Resource'] ?? proof.parameters['Identity']} must be ${proof.expected}:`)}`,
      `  ${callText(proof)} | Format-List`,
    ]),
    '}',
    '',
    '# To take it back, last step first (the group may serve others by now):',
    ...undoLines(plan).map(powerShellComment),
    '',
  ];
  return lines.join('\r\n');
}

/** What takes it back, last step first, as lines to pick from: others may use the group by now. */
function undoLines(plan: LimitPlan): readonly string[] {
  return plan.steps
    .toReversed()
    .map(({ already, undo }) =>
      undo.each ? `${search(already)} | ForEach-Object { ${callText(undo)} -Identity $_.Identity }` : callText(undo),
    );
}

/** One call on one line, as a person would type it. */
export function callText({ name, parameters }: CmdletCall): string {
  const written = Object.entries(parameters).map(([key, value]) =>
    typeof value === 'boolean' ? `-${key}:${powerShellValue(value)}` : `-${key} ${powerShellValue(value)}`,
  );
  return [name, ...written].join(' ');
}

function stepLines({ purpose, already, change }: LimitStep): string[] {
  return [
    '',
    powerShellComment(purpose),
    `if (@(${search(already)}).Count -gt 0) {`,
    `  Write-Host ${powerShellString(`Done before: ${purpose}`)}`,
    `} elseif ($PSCmdlet.ShouldProcess(${powerShellString(purpose)}, ${powerShellString(change.name)})) {`,
    `  ${callText(change)} -WhatIf:$false | Out-Null`,
    '}',
  ];
}

function search(already: LimitStep['already']): string {
  const conditions = Object.entries(already.where).map(
    ([property, value]) => `$_.${property} -eq ${powerShellString(value)}`,
  );
  // Without -ErrorAction a group that is not there yet would end the script; what is missing is the reason for the step.
  return `${callText(already)} -ErrorAction SilentlyContinue | Where-Object { ${conditions.join(' -and ')} }`;
}
