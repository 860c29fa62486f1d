/** Rows M9 to M12: the limit, by the manual's own way, proven by Exchange at once and by Graph when it has followed. */
import { ceo, type Place, secondAccount, systemAccount } from './place.ts';
import { mailroom } from './product.ts';
import { signsIn } from './set-up.ts';

const hourMs = 3_600_000;

export async function limitTheApp(place: Place, configFile: string): Promise<void> {
  const { rows, tenant } = place;
  const check = ['check', '--config', configFile, '--forbidden', ceo];
  const open = await mailroom(check);
  rows.prove('M9', 'a forbidden mailbox is shown as open', open.stdout.includes(`${ceo} is allowed as well`));
  rows.prove('M9', 'and the check fails', open.status === 1);

  const limit = ['--config', configFile, '--way', 'access-policy', '--mailbox', systemAccount, secondAccount];
  const wishes = [...limit, '--forbidden', ceo, '--owner', 'admin@contoso.example'];
  const script = await mailroom(['policy', 'script', ...wishes]);
  rows.prove(
    'M10',
    'the script has the manual’s cmdlet',
    script.stdout.includes('New-ApplicationAccessPolicy -AccessRight'),
  );
  rows.prove('M10', 'and connects as the manual does', script.stdout.includes('Connect-ExchangeOnline'));
  const applying = mailroom(['policy', 'apply', '--yes', ...wishes], { replies: [signsIn(place), waiting(place)] });
  const applied = await applying;
  rows.prove('M10', 'mailroom policy apply ends without a fault', applied.status === 0 && applied.stderr === '');
  const standing = tenant.directory.state.exchange.accessPolicies;
  rows.prove(
    'M10',
    'one policy stands, RestrictAccess',
    standing.length === 1 && standing[0]?.accessRight === 'RestrictAccess',
  );
  const group = tenant.directory.state.groups.find(({ id }) => id === standing[0]?.scopeId);
  rows.prove('M11', 'its scope is a mail-enabled security group', group?.mailEnabled === true && group.securityEnabled);
  rows.prove(
    'M11',
    'with both accounts as members, and an owner',
    group?.members.length === 2 && group.owners.length === 1,
  );
  rows.prove(
    'M12',
    'Exchange says granted for the system account',
    applied.stdout.includes(`${systemAccount} is granted`),
  );
  rows.prove('M12', 'Exchange says refused for a forbidden mailbox', applied.stdout.includes(`${ceo} is refused`));
  const early = await mailroom(check);
  rows.prove('M12', 'Graph has not followed yet, and the check does not claim it', early.status === 1);
  tenant.clock.advance(3 * hourMs);
  const proven = await mailroom(check);
  rows.prove(
    'M12',
    'Graph grants the system account',
    /yes {3}The app may send as the system account/.test(proven.stdout),
  );
  rows.prove(
    'M12',
    'Graph refuses the forbidden mailbox',
    /yes {3}The app may not send as anybody else/.test(proven.stdout),
  );
  rows.prove('M9', 'nothing fails any more', proven.status === 0);
}

/** A new group takes Exchange two minutes; the walk does not wait for them. */
function waiting({ tenant }: Place) {
  return {
    when: /Asked again in \d+ seconds/,
    act: () => {
      tenant.clock.advance(5 * 60_000);
      return undefined;
    },
  };
}
