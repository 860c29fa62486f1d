/** What the outcome of an attempt means for its lane and its connector. */
import type { AttemptReport } from './attempt.ts';
import type { Connectors } from './connectors.ts';
import type { Startable } from './lanes.ts';

/**
 * Takes effect at once, so that nothing more starts on a connector that was just found at fault. The promise resolves when
 * what belongs on record is there, with whether a pause has begun or ended.
 */
export function applyEffects(
  { lane, known, probing }: Startable,
  { end, conclusion }: AttemptReport,
  connectors: Connectors,
): Promise<'paused' | 'resumed' | 'unchanged'> {
  const { finishedAt } = end;
  if (conclusion.lane === 'answered') lane.answered(finishedAt);
  else if (conclusion.lane !== 'unknown')
    lane.wait(finishedAt + conclusion.lane.waitMs, finishedAt, conclusion.lane.reason);
  // A person may have paused the connector meanwhile: then it is no longer the probe's to resume.
  const isProbe = probing && known.state.name === 'probing';
  if (isProbe && conclusion.connector === 'works')
    return connectors.resume(known, 'An attempt shows that it works again.').then(() => 'resumed');
  if (isProbe) known.state.probeFailed(end.finishedAt);
  const { result } = end;
  if (conclusion.connector !== 'at-fault' || result.outcome !== 'deferred') return Promise.resolve('unchanged');
  return connectors.faulted(known, result.fault, result.answer).then(() => 'paused');
}
