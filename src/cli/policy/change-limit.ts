/** `mailroom policy apply|test|list|remove`: sets the limit in Exchange, proves it, shows it, takes it back. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { clouds } from '../../microsoft/clouds.ts';
import { callText, limitScript } from '../../setup/limit/limit-script.ts';
import { applyPlan, type PlanParts, provePlan, standingOf } from '../../setup/limit/run-plan.ts';
import { membersBeyond, standingLimits } from '../../setup/limit/standing-limits.ts';
import { agrees } from '../administrator.ts';
import { type CommandContext, forPeople } from '../context.ts';
import { CommandError, exitCodes } from '../exit-codes.ts';
import { type ExchangeSessionOptions, withExchange } from './exchange-session.ts';
import { type MigrateOptions, migrate, migrateOptions } from './migrate.ts';
import { type PlannedLimit, type PolicyOptions, planOf, planText, ways, wishes } from './planned-limit.ts';
import { runByPowerShell } from './powershell.ts';

interface ChangeOptions extends PolicyOptions, ExchangeSessionOptions {
  readonly by: 'rest' | 'pwsh';
  readonly yes?: boolean;
  readonly withGroup?: boolean;
}

const aboutRest = [
  '',
  'By default the cmdlets go over the REST endpoint that the PowerShell module itself uses. Microsoft does not document',
  'it; --by pwsh runs the script with PowerShell in its place, where that and ExchangeOnlineManagement are installed.',
  '',
].join('\n');

export function addPolicyChangeCommands(policy: Command, context: CommandContext): void {
  signIn(wishes(policy.command('apply').description('Set the limit in Exchange: an administrator signs in.')))
    .addOption(new Option('--by <way>', 'how the cmdlets are run').choices(['rest', 'pwsh']).default('rest'))
    .option('--yes', 'do not ask before changes')
    .addHelpText('after', `${ways}${aboutRest}\nExample:\n  mailroom policy apply --forbidden ceo@contoso.com`)
    .action((options: ChangeOptions) => apply(context, options));
  signIn(wishes(policy.command('test').description('Ask Exchange who is granted and who is refused.')))
    .addHelpText('after', '\nExample:\n  mailroom policy test --forbidden ceo@contoso.com')
    .action(async (options: ChangeOptions) => {
      const planned = await planOf(context, options);
      await withExchange(forPeople(context, options), options, planned, (parts) =>
        test(context, options, planned, parts),
      );
    });
  signIn(wishes(policy.command('list').description('Show what stands of the limit in Exchange.')))
    .addHelpText('after', '\nExample:\n  mailroom policy list --way access-policy')
    .action(async (options: ChangeOptions) => {
      const planned = await planOf(context, options);
      await withExchange(forPeople(context, options), options, planned, (parts) =>
        list(context, options, planned, parts),
      );
    });
  migrateOptions(
    signIn(
      wishes(
        policy
          .command('migrate')
          .description('From an access policy to RBAC for Applications, proven step by step, without a sending gap.'),
      ),
    ),
  ).action((options: MigrateOptions) => migrate(context, options));
  signIn(wishes(policy.command('remove').description('Take the limit back, last step first.')))
    .option('--with-group', 'remove the group and its members as well; others may use it')
    .option('--yes', 'do not ask before changes')
    .addHelpText('after', '\nExample:\n  mailroom policy remove --way access-policy')
    .action((options: ChangeOptions) => remove(context, options));
}

function signIn(command: Command): Command {
  return command
    .option('--tenant <tenant>', 'Directory (tenant) ID or domain (default: of the connector)')
    .option('--login <origin>', 'sign-in host of another cloud, such as a practice tenant')
    .option('--exchange <origin>', 'Exchange host of another cloud')
    .option('--ca-file <file>', 'PEM of a certificate authority to trust besides the usual ones')
    .option('--sign-in-client <guid>', 'public client to sign in with')
    .option('--browser', 'sign in by a browser of this machine, where the tenant blocks codes');
}

async function apply(context: CommandContext, options: ChangeOptions): Promise<void> {
  const people = forPeople(context, options);
  const planned = await planOf(context, options);
  const { plan, cloudName } = planned;
  people.out.write(planText(plan));
  if (!options.yes && !(await agrees(people))) throw new CommandError('bad', 'Nothing was changed.');
  if (options.by === 'pwsh') {
    await runByPowerShell(people, limitScript(plan, clouds[cloudName].exchangeEnvironment));
    if (options.json) context.out.write(`${JSON.stringify({ way: plan.way, by: 'pwsh' })}\n`);
    return;
  }
  await withExchange(people, options, planned, async (parts) => {
    const steps: { purpose: string; state: 'done' | 'done-before' }[] = [];
    await applyPlan(plan, parts, (event) => {
      if (event.kind === 'waits') return people.out.write(`  ...   ${event.why}\n`);
      steps.push({ purpose: event.step.purpose, state: event.kind });
      people.out.write(`  yes   ${event.step.purpose}${event.kind === 'done-before' ? ' (done before)' : ''}\n`);
    });
    await test(context, options, planned, parts, { way: plan.way, by: 'rest', steps });
    const config = options.config === undefined ? '' : ` --config ${options.config}`;
    if (plan.way === 'rbac')
      people.out.write(
        `Mail.Send in Entra, where it is granted, still covers every mailbox. This withdraws it, proven step by step:\n  mailroom policy migrate${config} --forbidden <a mailbox>\n`,
      );
    people.out.write(
      `Graph follows later. Prove it there:\n  mailroom check${config} --wait 120 --forbidden <a mailbox>\n`,
    );
  });
}

/** @param done what stands before the proofs in the answer for programs */
async function test(
  context: CommandContext,
  { json }: ChangeOptions,
  { plan, clientId }: PlannedLimit,
  parts: PlanParts,
  done: object = {},
): Promise<void> {
  const proofs = (await provePlan(plan, parts)).map(({ proof, answered }) => ({
    cmdlet: proof.name,
    mailbox: String(proof.parameters['Resource'] ?? proof.parameters['Identity']),
    expected: proof.expected,
    answered,
  }));
  const beyond = membersBeyond(await standingLimits(clientId, plan, parts), plan);
  if (proofs.some(({ expected, answered }) => answered !== expected)) context.exitCode = exitCodes.bad[0];
  if (json) return context.out.write(`${JSON.stringify({ ...done, proofs, beyond })}\n`);
  for (const { cmdlet, mailbox, expected, answered } of proofs)
    context.out.write(`  ${answered === expected ? 'yes' : 'NO '}   ${cmdlet}: ${mailbox} is ${answered}\n`);
  if (beyond.length > 0)
    context.out.write(
      `  warn  The group holds ${beyond.join(', ')} as well, which the app may use too: take them out, or give this app a group of its own (--group).\n`,
    );
}

async function list(
  { out }: CommandContext,
  { json }: ChangeOptions,
  { plan, clientId }: PlannedLimit,
  parts: PlanParts,
): Promise<void> {
  const limits = await standingLimits(clientId, plan, parts);
  const standing = await standingOf(plan, parts);
  const steps = plan.steps.map((step) => ({
    purpose: step.purpose,
    stands: standing.some((each) => each.step === step),
  }));
  if (json) return out.write(`${JSON.stringify({ clientId, ...limits, steps })}\n`);
  out.write(`What limits the app ${clientId} in Exchange:\n`);
  for (const { right, scope } of limits.policies) out.write(`  access policy  ${right}, ${scope}\n`);
  for (const { role, scope } of limits.roles) out.write(`  role           ${role}, for ${scope}\n`);
  if (limits.policies.length + limits.roles.length === 0) out.write('  nothing: no access policy, no role\n');
  if (limits.group)
    out.write(`  group          ${limits.group.address}: ${limits.group.members.join(', ') || 'nobody'}\n`);
  for (const { purpose, stands } of steps) out.write(`${stands ? 'stands' : 'is not there'}: ${purpose}\n`);
  out.write(`${standing.length} of ${plan.steps.length} steps of this limit stand.\n`);
}

async function remove(context: CommandContext, options: ChangeOptions): Promise<void> {
  const people = forPeople(context, options);
  const { out } = people;
  const planned = await planOf(context, options);
  await withExchange(people, options, planned, async (parts) => {
    const standing = await standingOf(planned.plan, parts);
    const calls = standing
      .flatMap(({ undo }) => undo)
      .filter(({ name }) => options.withGroup || !name.includes('DistributionGroup'));
    if (calls.length === 0) out.write('Nothing of this limit stands.\n');
    else {
      out.write('Mailroom will run this:\n');
      for (const call of calls) out.write(`  ${callText(call)}\n`);
      if (!options.yes && !(await agrees(people))) throw new CommandError('bad', 'Nothing was changed.');
    }
    for (const call of calls) {
      await parts.cmdlets.run(call.name, call.parameters);
      out.write(`  yes   ${call.name}\n`);
    }
    if (options.json)
      context.out.write(
        `${JSON.stringify({ ran: calls.map((call) => ({ cmdlet: call.name, parameters: call.parameters })) })}\n`,
      );
  });
}
