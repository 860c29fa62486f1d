/**
 * Everything that judges the practice tenant from outside: Microsoft's and others' clients, each in a process of its own,
 * Microsoft's schema over all that passes meanwhile, and the documentation's sample requests. Says on stderr how far it is;
 * the last line of stdout has the result, and the status is 0 only when all of it is good.
 */
import { watchTraffic } from '../../practice-tenant/http/traffic.ts';
import { trafficTally } from '../graph-schema/tally.ts';
import { replay } from '../samples/replay.ts';
import { readSamples } from '../samples/sample.ts';
import { cliName, judgeCli, whyNoCli } from './cli/judge-cli.ts';
import { judge, lightClients, whyAbsent } from './light-clients.ts';
import { openStage } from './stage.ts';

type Verdict = 'pass' | 'fail' | 'absent';

const path = process.env['PATH'] ?? '';
const say = (sentence: string) => process.stderr.write(`${sentence}\n`);
const tally = trafficTally();
watchTraffic((traffic) => tally.see(traffic));
const violations: string[] = [];
let checked = 0;

const clients: Record<string, Verdict> = {};
for (const [name, file] of Object.entries(lightClients))
  clients[name] = await verdict(name, whyAbsent(name), async () => {
    // A tenant for each: none meets what another one left, or its limits.
    await using stage = await openStage(path);
    const { status, stderr } = await judge(file, stage.env);
    return status === 0 ? undefined : stderr;
  });
clients[cliName] = await verdict(cliName, whyNoCli(), async () => {
  await using stage = await openStage(path);
  const { ended, report } = await judgeCli(stage.folder, path);
  checked += report?.checked ?? 0;
  violations.push(...(report?.problems ?? []));
  return report ? undefined : `${ended.stderr}${ended.stdout}`;
});

let replayed = 0;
let failed = 0;
for (const { file, samples } of readSamples()) {
  const started = Date.now();
  const results = await replay(samples);
  const wrong = results.filter(({ problem }) => problem !== undefined);
  replayed += results.length;
  failed += wrong.length;
  say(`samples of ${file}: ${results.length} replayed, ${wrong.length} failed (${seconds(started)})`);
  for (const { name, problem } of wrong) say(`  ${name}: ${problem}`);
}

checked += tally.checked;
violations.push(...tally.takeProblems());
say(`schema: ${checked} requests with their answers checked, ${violations.length} violations`);
for (const violation of violations) say(`  ${violation}`);
const isGood =
  Object.values(clients).every((each) => each === 'pass') && violations.length === 0 && failed === 0 && replayed > 0;
const schema = { checked, violations: violations.length };
process.stdout.write(`${JSON.stringify({ clients, schema, samples: { replayed, failed } })}\n`);
process.exitCode = isGood ? 0 : 1;

/** @param ask returns what the client objects to, or undefined */
async function verdict(
  name: string,
  whyNot: string | undefined,
  ask: () => Promise<string | undefined>,
): Promise<Verdict> {
  if (whyNot !== undefined) {
    say(`${name}: absent: ${whyNot}`);
    return 'absent';
  }
  const started = Date.now();
  const objection = await ask();
  say(`${name}: ${objection === undefined ? 'pass' : 'fail'} (${seconds(started)})`);
  if (objection !== undefined) say(objection);
  return objection === undefined ? 'pass' : 'fail';
}

function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}
