/** The limits that Mailroom keeps for the connector are no wider than those that Microsoft documents. */
import { documentedLimits, type LaneLimits } from '../../queue/lane-limits.ts';
import type { Check, CheckResult } from './check.ts';

const names: Readonly<Record<keyof LaneLimits, string>> = {
  concurrency: 'requests at a time',
  messagesPerMinute: 'messages a minute',
  requestsPer10Minutes: 'requests in ten minutes',
  uploadBytesPer5Minutes: 'bytes in five minutes',
  recipientsPerDay: 'recipients a day',
};

export const limitsCheck: Check = {
  id: 'limits',
  statement: 'Mailroom sends no faster than Microsoft documents.',
  needs: [],
  run({ connector: { limits } }): Promise<CheckResult> {
    const keys = ['concurrency', 'messagesPerMinute', 'requestsPer10Minutes', 'recipientsPerDay'] as const;
    const evidence = [keys.map((key) => `${limits[key]} ${names[key]}`).join(', ')];
    const wider = [...keys, 'uploadBytesPer5Minutes' as const].filter((key) => limits[key] > documentedLimits[key]);
    if (wider.length === 0) return Promise.resolve({ state: 'pass', evidence });
    const beyond = wider.map((key) => `${names[key]} (documented: ${documentedLimits[key]})`).join(', ');
    return Promise.resolve({
      state: 'warn',
      evidence: [`Wider than documented: ${beyond}.`, ...evidence],
      remedy:
        'Remove limits of the connector, unless Microsoft has agreed to more: beyond them mail comes back hours later.',
    });
  },
};
