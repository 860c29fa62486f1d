/** A Mailroom with its console, wired to a practice tenant; always stopped. */
import { type PracticeTenant, startPracticeTenant } from '../../practice-tenant/tenant.ts';
import { type InProcess, withMailroom } from './mailroom-in-process.ts';

export const consoleSystemAccount = 'noreply@contoso.example';
const users = [consoleSystemAccount, 'ada@contoso.example', 'grace@contoso.example'];

/** A Global Administrator of `withQuickConsole`; the password is `practice`. */
export const consoleTenantAdmin = 'admin@contoso.example';

export interface ConsoleRun extends InProcess {
  readonly tenant: PracticeTenant;
  readonly url: string;
  readonly firstRunUrl: string | undefined;
}

/** @param settings of `console` beside its address; @param overrides merged over the whole configuration; @param connector merged into the connector. */
export async function withConsole(
  use: (running: ConsoleRun) => Promise<void>,
  settings: Readonly<Record<string, unknown>> = {},
  overrides: Readonly<Record<string, unknown>> = {},
  env: Readonly<Record<string, string>> = {},
  connector: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const tenant = await startPracticeTenant({ users });
  try {
    await withConsoleIn(tenant, use, { settings, overrides, env, connector });
  } finally {
    await tenant.close();
  }
}

/** The same in a tenant without Microsoft's delays, where an administrator can sign in. */
export async function withQuickConsole(
  use: (running: ConsoleRun) => Promise<void>,
  wishes: ConsoleWishes = {},
): Promise<void> {
  const tenant = await startPracticeTenant({ users, profile: 'unlimited' });
  tenant.addUser(consoleTenantAdmin, { directoryRoles: ['Global Administrator'] });
  try {
    await withConsoleIn(tenant, use, wishes);
  } finally {
    await tenant.close();
  }
}

interface ConsoleWishes {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly overrides?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly connector?: Readonly<Record<string, unknown>>;
}

async function withConsoleIn(
  tenant: PracticeTenant,
  use: (running: ConsoleRun) => Promise<void>,
  { settings = {}, overrides = {}, env = {}, connector = {} }: ConsoleWishes,
): Promise<void> {
  await withMailroom(
    {
      tenant,
      systemAccount: consoleSystemAccount,
      env,
      connector,
      overrides: { console: { listen: '127.0.0.1:0', ...settings }, ...overrides },
    },
    (running) => {
      const { url = '', firstRunUrl } = running.mailroom.console ?? {};
      return use({ ...running, tenant, url, firstRunUrl });
    },
  );
}
