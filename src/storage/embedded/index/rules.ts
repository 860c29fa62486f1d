/**
 * Which state allows which change. The same rules decide when a change is asked for and when its record is applied, now
 * or in a replay years later: the outcome must be the same.
 *
 * - hold: `queued` → `held`.
 * - release: `held` → `queued`, due at once.
 * - retry: `failed` or `uncertain` → `queued`, due at once, its schedule from the start. A `queued` message becomes due at once.
 * - cancel: `queued`, `held` or `uncertain` → `cancelled`.
 * - expire: `queued` → `failed`, when its lifetime has ended and its connector is not paused.
 */
import type { MessageEvent, MessageState } from '../../../domain/message.ts';
import type { Intervention } from '../../../queue/store.ts';

export interface Standing {
  readonly state: MessageState;
  /** With the time that its connector stood still. */
  readonly expiresAt: number;
  readonly connectorPaused: boolean;
}

const from = {
  hold: ['queued'],
  release: ['held'],
  retry: ['failed', 'uncertain', 'queued'],
  cancel: ['queued', 'held', 'uncertain'],
  expire: ['queued'],
} as const satisfies Record<Intervention['kind'], readonly MessageState[]>;

const to = {
  hold: 'held',
  release: 'queued',
  retry: 'queued',
  cancel: 'cancelled',
  expire: 'failed',
} as const satisfies Record<Intervention['kind'], MessageState>;

const eventKinds = {
  hold: 'held',
  release: 'released',
  retry: 'retried',
  cancel: 'cancelled',
  expire: 'expired',
} as const satisfies Record<Intervention['kind'], MessageEvent['kind']>;

/** The state that a change leads to; `undefined` when the message's standing does not allow it. */
export function stateAfter(kind: Intervention['kind'], at: number, standing: Standing): MessageState | undefined {
  if (!from[kind].some((state) => state === standing.state)) return undefined;
  if (kind === 'expire' && (standing.expiresAt > at || standing.connectorPaused)) return undefined;
  return to[kind];
}

/** The line in the message's trail. */
export function eventOf(intervention: Intervention): MessageEvent {
  const { at, by, detail } = intervention;
  return { at, kind: eventKinds[intervention.kind], by, ...(detail === undefined ? {} : { detail }) };
}

/** States that nothing leads out of by itself: their lifetime no longer runs. */
export function isFinal(state: MessageState): boolean {
  return state === 'sent' || state === 'failed' || state === 'cancelled';
}
