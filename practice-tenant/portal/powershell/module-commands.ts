/** The commands around Exchange's: installing its module, connecting, and looking around. */

import { checkPassword } from '../../entra/sign-in-page.ts';
import type { CmdletParameter } from '../../exchange/cmdlets/cmdlet.ts';
import { cmdletNames, mayManageExchange } from '../../exchange/cmdlets/run-cmdlet.ts';
import type { Bound } from './bind-parameters.ts';
import { matchesWildcard } from './format-output.ts';
import { outputCommandNames } from './output-commands.ts';
import type { ShellSession } from './shell.ts';
import { confirm, notRecognized, type Run, ShellError } from './shell-run.ts';

export const exchangeModule = 'ExchangeOnlineManagement';

export interface ModuleCommand {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly parameters: readonly CmdletParameter[];
  readonly positional: readonly string[];
  /** Is not there before the module of Exchange is installed. */
  readonly needsModule?: true;
  /** A generator where it may ask. */
  run(session: ShellSession, bound: Bound): Run<readonly unknown[]> | readonly unknown[];
}

const text = (name: string): CmdletParameter => ({ name, type: 'string' });
const flag = (name: string): CmdletParameter => ({ name, type: 'switch' });
const moduleName: CmdletParameter = { name: 'Name', type: 'string', mandatory: true };

export const moduleCommands: readonly ModuleCommand[] = [
  {
    name: 'Install-Module',
    parameters: [
      moduleName,
      ...['Force', 'AllowClobber', 'AcceptLicense', 'SkipPublisherCheck'].map(flag),
      ...['Scope', 'Repository', 'RequiredVersion', 'MinimumVersion'].map(text),
    ],
    positional: ['Name'],
    *run(session, bound) {
      const name = String(bound['Name']);
      if (name.toLowerCase() !== exchangeModule.toLowerCase())
        throw new ShellError(
          `Install-Package: No match was found for the specified search criteria and module name '${name}'. At this prompt there is ${exchangeModule} alone.`,
        );
      const question = `Untrusted repository\nAre you sure you want to install the modules from 'PSGallery'?`;
      if (bound['Force'] === true || (yield* confirm(session, question, 'N'))) session.isModuleInstalled = true;
      return [];
    },
  },
  {
    name: 'Import-Module',
    parameters: [moduleName, flag('Force')],
    positional: ['Name'],
    run(session, bound) {
      const name = String(bound['Name']);
      if (!session.isModuleInstalled || name.toLowerCase() !== exchangeModule.toLowerCase())
        throw new ShellError(
          `Import-Module: The specified module '${name}' was not loaded because no valid module file was found in any module directory.`,
        );
      return [];
    },
  },
  {
    name: 'Get-Module',
    parameters: [text('Name'), flag('ListAvailable')],
    positional: ['Name'],
    run({ isModuleInstalled }) {
      return isModuleInstalled ? [{ ModuleType: 'Script', Name: exchangeModule }] : [];
    },
  },
  {
    name: 'Connect-ExchangeOnline',
    needsModule: true,
    parameters: [
      text('UserPrincipalName'),
      { name: 'ShowBanner', type: 'boolean' },
      text('ExchangeEnvironmentName'),
      text('Organization'),
      ...['Device', 'DisableWAM', 'SkipLoadingFormatData'].map(flag),
    ],
    positional: [],
    *run(session, bound) {
      let address = String(bound['UserPrincipalName'] ?? session.suggestedAddress);
      let error: string | undefined;
      for (;;) {
        const answer = yield { kind: 'sign-in', address, ...(error === undefined ? {} : { error }) };
        if (answer.kind !== 'sign-in') return [];
        address = answer.address;
        const checked = checkPassword(session.service, address, answer.password);
        if (typeof checked === 'string') {
          error = checked;
          continue;
        }
        session.connect(checked.tenant, checked.user);
        if (bound['ShowBanner'] === false) return [];
        session.write(`Connected to ${checked.tenant.directory.domain} as ${checked.user.address}.`);
        if (!mayManageExchange(checked.user))
          session.write('This account has no role that manages Exchange: most cmdlets will not be there.');
        return [];
      }
    },
  },
  {
    name: 'Disconnect-ExchangeOnline',
    needsModule: true,
    parameters: [],
    positional: [],
    *run(session, bound) {
      const question =
        'Confirm\nAre you sure you want to perform this action?\nThis ends the connection to Exchange Online.';
      if (bound['Confirm'] === false || (yield* confirm(session, question, 'Y'))) session.disconnect();
      return [];
    },
  },
  {
    name: 'Get-ConnectionInformation',
    needsModule: true,
    parameters: [],
    positional: [],
    run({ connection }) {
      if (!connection) return [];
      const { tenant, operator } = connection;
      return [
        {
          State: 'Connected',
          UserPrincipalName: operator.name,
          TenantID: tenant.directory.tenantId,
          TokenStatus: 'Active',
        },
      ];
    },
  },
  {
    name: 'Get-Command',
    aliases: ['gcm'],
    parameters: [text('Name'), text('Module')],
    positional: ['Name'],
    run(session, bound) {
      const pattern = String(bound['Name'] ?? '*');
      const { connection, isModuleInstalled } = session;
      const exchange = connection && mayManageExchange(connection.operator) ? cmdletNames() : [];
      const around = moduleCommands.filter(({ needsModule }) => isModuleInstalled || !needsModule);
      const all = [...around.map(({ name }) => name), ...outputCommandNames(), ...exchange];
      const found = all.filter((name) => matchesWildcard(name, pattern)).sort();
      if (found.length === 0) throw notRecognized(pattern);
      return found.map((Name) => ({ CommandType: 'Cmdlet', Name }));
    },
  },
  {
    name: 'Write-Output',
    aliases: ['echo', 'write-host'],
    parameters: [{ name: 'InputObject', type: 'list' }],
    positional: ['InputObject'],
    run(_session, bound) {
      const value = bound['InputObject'];
      return Array.isArray(value) ? value : [value];
    },
  },
  {
    name: 'Clear-Host',
    aliases: ['cls', 'clear'],
    parameters: [],
    positional: [],
    run(session) {
      session.clear();
      return [];
    },
  },
];

export function findModuleCommand(session: ShellSession, name: string): ModuleCommand | undefined {
  const wanted = name.toLowerCase();
  return moduleCommands.find(
    (each) =>
      (each.name.toLowerCase() === wanted || each.aliases?.includes(wanted)) &&
      (session.isModuleInstalled || !each.needsModule),
  );
}
