/** Removes an item of the settings, after a question. */
import { useState } from 'react';
import { texts } from '../texts.ts';
import { Asked } from './asked.tsx';
import { focusHeading } from './focus.ts';
import { type Settings, type SettingsList, useRemove } from './settings.ts';
import { Trouble } from './small.tsx';

interface Wishes {
  readonly list: SettingsList;
  readonly settings: Settings | undefined;
  question(name: string): string;
  onRemoved(name: string): void;
}

/** `ask` begins it; `shown` belongs on the screen. */
export function useRemoval({ list, settings, question, onRemoved }: Wishes) {
  const [asking, setAsking] = useState<string>();
  const remove = useRemove(list, settings?.version ?? '');
  return {
    ask(name: string) {
      remove.reset();
      setAsking(name);
    },
    shown: (
      <>
        <Trouble error={remove.error} />
        {asking === undefined ? null : (
          <Asked
            title={texts.settings.removeOf(asking)}
            question={question(asking)}
            submit={texts.settings.remove}
            onAnswer={(yes) => {
              setAsking(undefined);
              if (!yes) return;
              remove.mutate(asking, {
                onSuccess() {
                  onRemoved(asking);
                  // Its row had the focus.
                  requestAnimationFrame(focusHeading);
                },
              });
            }}
          />
        )}
      </>
    ),
  };
}
