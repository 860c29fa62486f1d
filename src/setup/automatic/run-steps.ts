/** Runs the steps that are not done yet, puts each on record, and says which one stopped it and who can help. */
import { type SetupState, writeSetupState } from './setup-state.ts';
import { explainRefusal, type SetupParts, type SetupStep, setupSteps } from './steps.ts';

export type StepEvent =
  | { readonly kind: 'done-before' | 'begins' | 'done'; readonly step: SetupStep }
  | { readonly kind: 'stopped'; readonly step: SetupStep; readonly why: string };

export interface SetupEnd {
  readonly state: SetupState;
  /** The step that could not be done, if any. */
  readonly stopped?: { readonly step: SetupStep; readonly why: string };
}

export async function runSetup(
  parts: SetupParts,
  stateFile: string,
  begin: SetupState,
  told: (event: StepEvent) => void,
): Promise<SetupEnd> {
  let state = begin;
  for (const step of setupSteps) {
    if (step.isWanted && !step.isWanted(parts.wishes)) continue;
    if (step.isDone(state, parts.wishes)) {
      told({ kind: 'done-before', step });
      continue;
    }
    told({ kind: 'begins', step });
    try {
      state = await step.run(parts, state);
    } catch (error) {
      const why = explainRefusal(step, error);
      told({ kind: 'stopped', step, why });
      return { state, stopped: { step, why } };
    }
    writeSetupState(stateFile, state);
    told({ kind: 'done', step });
  }
  return { state };
}
