/** `mailroom serve`: runs the server until it is told to stop. */
import type { Command } from 'commander';
import { type CrashProbe, crashPoints } from '../domain/crash-point.ts';
import { collectAtRest, collector } from '../observe/full-collection.ts';
import { createLogger } from '../observe/logger.ts';
import { systemClock } from '../observe/system-clock.ts';
import { beginIndexThread } from '../storage/embedded/index-client.ts';
import { type CommandContext, type CommonOptions, loadOptions, readConfig } from './context.ts';
import { CommandError, exitCodes } from './exit-codes.ts';
import { whyNotStarted } from './why-not-started.ts';

export function addServeCommand(program: Command, context: CommandContext): void {
  program
    .command('serve')
    .description('Run the server: take mail, keep it, send it.')
    .option('--config <file>', 'configuration file')
    .option('--json', 'print one JSON line when it listens')
    .addHelpText(
      'after',
      '\nExamples:\n  mailroom serve --config /etc/mailroom/mailroom.yaml\n\nSIGTERM and SIGINT let what is under way end; a second one ends at once. SIGHUP opens log files anew and reads certificates again.',
    )
    .action((options: CommonOptions) => serve(context, options));
}

/** npm hands a Ctrl-C on that the terminal has sent to this process already: that is one signal, not two. */
const sameKeystrokeMs = 500;

export async function serve(context: CommandContext, options: CommonOptions): Promise<void> {
  // Both read their sources while the other does: most of a start is that.
  const indexThread = beginIndexThread();
  const { config, file, warnings } = readConfig(context, options, 'needed');
  const { startMailroom } = await import('../main.ts');
  const logger = createLogger(config.observe.logLevel);
  for (const warning of warnings) logger.warn({ file }, warning);
  const probe = crashProbe(context.env['MAILROOM_CRASH_AT']);
  const { promise: told, resolve: stop } = Promise.withResolvers<string>();
  const collect = collector();
  const atRest = () => collectAtRest(systemClock, collect);
  const mailroom = await startMailroom(config, {
    clock: systemClock,
    random: Math.random,
    logger,
    recentLog: () => logger.recent(),
    version: context.version,
    configuration: loadOptions(context, file),
    indexThread,
    collect,
    atRest,
    // What manages the service starts it anew after such an end, and the next start sends what waits.
    onIndexLost() {
      context.exitCode = exitCodes.software[0];
      stop('the thread of the index has ended');
    },
    ...(probe ? { probe } : {}),
  }).catch((error: unknown) => {
    throw new CommandError('cannotCreate', whyNotStarted(error, config.dataDir), { cause: error });
  });
  // Before anything is printed: whoever reads that it listens may end it at once.
  let toldAt: number | undefined;
  for (const [signal, number] of [
    ['SIGTERM', 15],
    ['SIGINT', 2],
  ] as const)
    process.on(signal, () => {
      toldAt ??= performance.now();
      // The second signal is somebody in a hurry; what is in flight is uncertain then, and on record as begun.
      if (performance.now() - toldAt > sameKeystrokeMs) process.exit(128 + number);
      stop(signal);
    });
  process.on('SIGHUP', () => mailroom.reload());
  const { listeners } = mailroom;
  const { firstRunUrl } = mailroom.console ?? {};
  if (options.json) context.out.write(`${JSON.stringify({ listening: listeners })}\n`);
  else for (const { name, kind, address } of listeners) context.out.write(`Listening: ${kind} ${name} on ${address}\n`);
  // For the person who starts it, and never into the log: the link makes an administrator, once.
  if (firstRunUrl) context.out.error(`The console has no user yet. Make the first one, within a day: ${firstRunUrl}\n`);
  logger.info({ version: context.version, listeners }, 'started');
  atRest();
  logger.info({ because: await told }, 'stopping');
  await mailroom.stop();
  logger.info({}, 'stopped');
  logger.flush();
}

/** `point:passing`: the process kills itself at that passing of that point. For the crash suite; nothing else sets it. */
function crashProbe(plan: string | undefined): CrashProbe | undefined {
  const [wanted, passing] = plan?.split(':') ?? [];
  if (!crashPoints.some((point) => point === wanted)) return undefined;
  let left = Number(passing);
  return (point) => {
    if (point !== wanted) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  };
}
