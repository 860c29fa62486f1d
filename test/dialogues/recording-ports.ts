/** An intake and a gate for dialogues: they record what they are given and refuse what a dialogue asks them to. */
import type { FaultCode } from '../../src/domain/catalogue.ts';
import type { Intake, SubmissionStart } from '../../src/ingress/intake.ts';
import type { Gate, KnownClient } from '../../src/policy/gate.ts';

export interface RecordedSubmission {
  readonly start: SubmissionStart;
  readonly text: string;
}

export interface PortWishes {
  /** The client that an address stands for; none when false. */
  readonly byAddress?: boolean;
  readonly beginFault?: FaultCode;
  readonly finishFault?: FaultCode;
  readonly failure?: boolean;
}

export interface RecordingPorts {
  readonly gate: Gate;
  readonly intake: Intake;
  readonly accepted: RecordedSubmission[];
  /** Submissions that were begun and came to nothing. */
  aborted: number;
}

const client: KnownClient = { name: 'device', priority: 'normal' };

export function recordingPorts(wishes: PortWishes): RecordingPorts {
  const ports: RecordingPorts = {
    accepted: [],
    aborted: 0,
    gate: {
      clientByAddress: () => (wishes.byAddress === false ? undefined : client),
      authenticatePassword: async (login, password) =>
        login === 'user' && password === 'secret'
          ? { ok: true, value: client }
          : { ok: false, fault: { code: 'auth-failed' } },
      authenticateKey: async () => ({ ok: false, fault: { code: 'auth-failed' } }),
      checkMailFrom: (_client, mailFrom) =>
        mailFrom.startsWith('stranger@') ? { code: 'sender-not-allowed' } : undefined,
      checkHeaderFrom: () => undefined,
      takeQuota: () => undefined,
      route: () => ({ ok: false, fault: { code: 'no-route' } }),
    },
    intake: {
      begin(start) {
        if (wishes.beginFault) return { code: wishes.beginFault };
        const pieces: Buffer[] = [];
        return {
          write(chunk) {
            pieces.push(Buffer.from(chunk));
            return undefined;
          },
          async finish() {
            if (wishes.failure) throw new Error('a mistake of ours');
            if (wishes.finishFault) return { accepted: false, fault: { code: wishes.finishFault } };
            ports.accepted.push({ start, text: Buffer.concat(pieces).toString('latin1') });
            return { accepted: true, id: `id${ports.accepted.length}` };
          },
          async abort() {
            ports.aborted += 1;
          },
        };
      },
    },
  };
  return ports;
}
