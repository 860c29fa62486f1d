/** The manual from its first line to its last, in one way of setting up. */
import { temporaryFolder } from '../../harness/temporary-folder.ts';
import { limitTheApp } from './limit.ts';
import { openPlace } from './place.ts';
import { renewTheCredential } from './renew.ts';
import { type ManualRow, Rows } from './rows.ts';
import { sendMail, writeConfiguration } from './send.ts';
import { setUp, type Way } from './set-up.ts';

export const ways: readonly Way[] = ['automatic', 'guided', 'file'];

export interface WalkResult {
  readonly way: Way;
  readonly rows: Readonly<Record<ManualRow, 'pass' | 'fail'>>;
  readonly seconds: number;
}

/** @param say shows each statement as it is proven */
export async function walkManual(way: Way, say: (line: string) => void): Promise<WalkResult> {
  const begin = performance.now();
  const rows = new Rows(say);
  await using folder = await temporaryFolder();
  await using place = await openPlace(folder.path, rows);
  await setUp(way, place);
  const configuration = await writeConfiguration(place);
  await limitTheApp(place, configuration.configFile);
  await sendMail(place, configuration);
  await renewTheCredential(place, configuration.configFile);
  return { way, rows: rows.result(), seconds: Math.round((performance.now() - begin) / 100) / 10 };
}
