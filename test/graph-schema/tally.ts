/** Counts what was checked, and keeps what did not fit until somebody asks. */
import type { Traffic } from '../../practice-tenant/http/traffic.ts';
import { trafficProblems } from './check-traffic.ts';
import { readGraphSchema } from './schema.ts';

export interface TrafficTally {
  see(traffic: Traffic): void;
  /** Requests with their answers that were held against the schema. */
  readonly checked: number;
  /** What did not fit since it was asked last, each with its request. */
  takeProblems(): string[];
}

export function trafficTally(): TrafficTally {
  const schema = readGraphSchema();
  const found: string[] = [];
  let checked = 0;
  return {
    see(traffic) {
      const problems = trafficProblems(schema, traffic);
      if (!problems) return;
      checked += 1;
      const { request, response } = traffic;
      const about = `${request.method} /${request.segments.join('/')} (${response.status})`;
      found.push(...problems.slice(0, 20).map((problem) => `${about}: ${problem}`));
    },
    get checked() {
      return checked;
    },
    takeProblems: () => found.splice(0),
  };
}
