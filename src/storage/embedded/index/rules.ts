/**
 * Which state allows which change. The same rules decide when a change is asked for and when its record is applied, now
 * or in a replay years later: the outcome must be the same.
 *
 * - hold: `queued` → `held`.
 * - release: `held` → `queued`, due at once.
 * - retry: `failed` or `uncertain` → `queued`, due at once, its schedule from the start. A `queued` message becomes due at once.
 * - cancel: `queued`, `held` or `uncertain` → `cancelled`.
 * - expire: `queued` → `failed`, when its lifetime has ended and its connector is not paused.
 * - reroute: `queued` stays `queued`, by another way, due at once; the time that the old connector stood still is given back.
 */
import type { MessageEvent, MessageState, RouteDecision, Way } from '../../../domain/message.ts';
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
  reroute: ['queued'],
} as const satisfies Record<Intervention['kind'], readonly MessageState[]>;

const to = {
  hold: 'held',
  release: 'queued',
  retry: 'queued',
  cancel: 'cancelled',
  expire: 'failed',
  reroute: 'queued',
} as const satisfies Record<Intervention['kind'], MessageState>;

const eventKinds = {
  hold: 'held',
  release: 'released',
  retry: 'retried',
  cancel: 'cancelled',
  expire: 'expired',
  reroute: 'rerouted',
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

/** The decision by another of its ways; the one that it leaves becomes the last to fall back on. */
export function routeBy(way: Way, route: RouteDecision): RouteDecision {
  const { connector, sender, fallBack } = route;
  const others = (fallBack?.ways ?? []).filter(
    (each) => each.connector !== way.connector || each.sender !== way.sender,
  );
  return {
    ...route,
    ...way,
    ...(fallBack ? { fallBack: { ...fallBack, ways: [...others, { connector, sender }] } } : {}),
  };
}
