/** What goes wrong in a soak: each fault that the practice tenant can do to a sender, a few times in a hundred requests. */
import type { PracticeTenant } from '../../practice-tenant/tenant.ts';

type Fault = Parameters<PracticeTenant['enqueueFault']>[0];

const always = 1_000_000;

export const soakFaults: readonly { readonly name: string; readonly fault: Fault }[] = [
  {
    name: '429 with Retry-After',
    fault: {
      endpoint: 'sendMail',
      probability: 0.004,
      times: always,
      action: { kind: 'answer', status: 429, retryAfterSeconds: 1 },
    },
  },
  {
    name: '503',
    fault: { endpoint: 'sendMail', probability: 0.004, times: always, action: { kind: 'answer', status: 503 } },
  },
  {
    name: '504 that lies',
    fault: {
      endpoint: 'sendMail',
      probability: 0.002,
      times: always,
      action: { kind: 'answer', status: 504, acceptAnyway: true },
    },
  },
  {
    name: 'cut within the body',
    fault: {
      endpoint: 'sendMail',
      probability: 0.004,
      times: always,
      action: { kind: 'cut', when: 'within-body', afterBytes: 200 },
    },
  },
  {
    name: 'cut after it was taken',
    fault: {
      endpoint: 'sendMail',
      probability: 0.002,
      times: always,
      action: { kind: 'cut', when: 'after-accepting' },
    },
  },
  {
    name: 'slow answer',
    fault: { endpoint: 'sendMail', probability: 0.01, times: always, action: { kind: 'delay', ms: 400 } },
  },
];
