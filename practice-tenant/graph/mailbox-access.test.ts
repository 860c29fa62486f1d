import { beforeEach, describe, expect, it } from 'vitest';
import { addGroup } from '../directory/groups.ts';
import { addUser } from '../directory/users.ts';
import type { DirectoryCaller } from './authorise.ts';
import { directoryUnderTest } from './directory-under-test.sample.ts';
import { GraphRefusal } from './graph-error.ts';
import { type MailPermission, mailboxFor } from './mailbox-access.ts';

let tenant: ReturnType<typeof directoryUnderTest>;
const [sender, boss] = ['noreply@contoso.example', 'boss@contoso.example'];
beforeEach(() => {
  tenant = directoryUnderTest();
  for (const address of [sender, boss]) addUser(tenant.directory, address, {}, tenant.clock.now());
});

/** What a caller gets: the address of the mailbox, or the refusal. */
function reach(caller: DirectoryCaller, name: string, permission: MailPermission = 'Mail.Send'): string {
  try {
    return mailboxFor(tenant, caller, name, permission).address;
  } catch (error) {
    if (error instanceof GraphRefusal) return `${error.row.status} ${error.row.code} ${error.message}`;
    throw error;
  }
}
const denied = '403 ErrorAccessDenied Access is denied. Check credentials and try again.';
const blocked =
  '403 ErrorAccessDenied Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings.';

function assign(role: string, scope: string | null, effectiveAt = 0): void {
  const none = { customResourceScope: null, recipientAdministrativeUnitScope: null, removedAt: null };
  tenant.directory.state.exchange.roleAssignments.push({
    ...none,
    name: `${role} ${tenant.directory.state.exchange.roleAssignments.length}`,
    role,
    app: tenant.ownPrincipal.id,
    recipientGroupScope: scope,
    effectiveAt,
  });
}

function senders(): string {
  const members = [tenant.directory.user(sender)?.id ?? ''];
  const fields = { displayName: 'Senders', mailEnabled: true, securityEnabled: true, members };
  return addGroup(tenant.directory, fields, tenant.clock.now()).id;
}

describe('an app reaches a mailbox', () => {
  it('by-its-app-role-and-by-no-other', () => {
    expect(reach(tenant.app('Mail.Send'), sender)).toBe(sender);
    expect(reach(tenant.app('User.Read.All'), sender)).toBe(denied);
    expect(reach(tenant.app('Mail.Send'), sender, 'Mail.Read')).toBe(denied);
    expect(reach(tenant.app('Mail.ReadWrite'), sender, 'Mail.Read')).toBe(sender);
    expect(reach(tenant.app('Mail.Read'), sender, 'Mail.ReadWrite')).toBe(denied);
    expect(reach(tenant.app('Mail.Send'), 'nobody@contoso.example')).toBe(
      "404 ErrorInvalidUser The requested user 'nobody@contoso.example' is invalid.",
    );
    expect(reach(tenant.app('Mail.Send'), 'me')).toContain('400 BadRequest /me request');
  });

  it('unless-a-policy-leaves-it-out', () => {
    const rights = {
      appId: tenant.own.appId,
      accessRight: 'RestrictAccess' as const,
      description: ' ',
      removedAt: null,
    };
    const policy = { ...rights, identity: 'p', scopeId: senders(), effectiveAt: tenant.clock.now() + 1000 };
    tenant.directory.state.exchange.accessPolicies.push(policy);
    // Until Graph has noticed.
    expect(reach(tenant.app('Mail.Send'), boss)).toBe(boss);
    tenant.clock.advance(1000);
    expect([reach(tenant.app('Mail.Send'), sender), reach(tenant.app('Mail.Send'), boss)]).toEqual([sender, blocked]);
  });

  it('by-a-role-of-exchange-without-any-role-in-its-token', () => {
    assign('Application Mail.Send', senders(), tenant.clock.now() + 1000);
    const caller = tenant.app('User.Read.All');
    expect(reach(caller, sender)).toBe(denied);
    tenant.clock.advance(1000);
    expect([reach(caller, sender), reach(caller, boss)]).toEqual([sender, blocked]);
    expect(reach(caller, sender, 'Mail.Read')).toBe(denied);
    // The ways add up: consent in Entra is not narrowed by a scope in Exchange.
    expect(reach(tenant.app('Mail.Send'), boss)).toBe(boss);
  });

  it('only-where-there-is-a-mailbox', () => {
    addUser(tenant.directory, 'cloudless@contoso.example', { hasMailbox: false }, tenant.clock.now());
    expect(reach(tenant.app('Mail.Send'), 'cloudless@contoso.example')).toContain('404 MailboxNotEnabledForRESTAPI');
  });
});

describe('a person reaches', () => {
  it('the-own-mailbox-and-others-by-a-shared-scope-with-a-right', () => {
    const ada = tenant.person('ada@contoso.example', ['Mail.Send', 'Mail.Send.Shared']);
    expect([reach(ada, 'me'), reach(ada, 'ada@contoso.example')]).toEqual([
      'ada@contoso.example',
      'ada@contoso.example',
    ]);
    expect(reach(ada, sender)).toBe(denied);
    tenant.directory.user(sender)?.fullAccess.push({ trusteeId: ada.oid, effectiveAt: 0 });
    expect(reach(ada, sender)).toBe(sender);
    expect(reach(tenant.person('ada@contoso.example', ['Mail.Send']), sender)).toBe(denied);
    expect(reach(ada, 'me', 'Mail.Read')).toBe(denied);
  });
});
