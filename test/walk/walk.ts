/** `npm run walk -- …`: the manual, and set-ups that are broken, from the first line to the last against a practice tenant. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brokenPage } from './broken-page.ts';
import { brokenSetups } from './broken-setups.ts';
import { isPassed, walkBrowser } from './browser/walk-browser.ts';
import { walkManual, ways } from './manual/walk-manual.ts';
import { type BrokenResult, openStage } from './stage.ts';

async function walkBroken(write: boolean): Promise<number> {
  const stage = await openStage();
  const results: BrokenResult[] = [];
  try {
    for (const setup of brokenSetups) {
      const result = await stage.play(setup);
      results.push(result);
      const said = `${result.first?.id ?? 'nothing'}: ${result.first?.remedy ?? ''}`;
      process.stdout.write(`${result.isRight ? 'yes ' : 'NO  '} ${setup.what}\n       ${said}\n`);
    }
  } finally {
    await stage.close();
  }
  const rightFirst = results.filter(({ isRight }) => isRight).length;
  if (write) writeFileSync(join(import.meta.dirname, '../../docs/reference/broken-set-ups.md'), brokenPage(results));
  process.stdout.write(`${JSON.stringify({ cases: results.length, rightFirst })}\n`);
  return rightFirst === results.length ? 0 : 1;
}

async function walkTheManual(way: string | undefined): Promise<number> {
  const known = ways.find((each) => each === way);
  if (!known) {
    process.stderr.write(`Usage: npm run walk -- manual --way ${ways.join('|')}\n`);
    return 64;
  }
  const result = await walkManual(known, (line) => process.stdout.write(`${line}\n`));
  process.stdout.write(`${JSON.stringify(result)}\n`);
  return Object.values(result.rows).every((row) => row === 'pass') ? 0 : 1;
}

async function walkInTheBrowser(): Promise<number> {
  const result = await walkBrowser((line) => process.stdout.write(`${line}\n`));
  process.stdout.write(`${JSON.stringify(result)}\n`);
  return isPassed(result) ? 0 : 1;
}

const [what, ...options] = process.argv.slice(2);
if (what === 'broken') process.exitCode = await walkBroken(options.includes('--write'));
else if (what === 'manual') process.exitCode = await walkTheManual(options[options.indexOf('--way') + 1]);
else if (what === 'browser') process.exitCode = await walkInTheBrowser();
else {
  process.stderr.write(
    'Usage: npm run walk -- manual --way automatic|guided|file, npm run walk -- browser, or npm run walk -- broken\n',
  );
  process.exitCode = 64;
}
