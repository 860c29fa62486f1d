/** A button for each item that may be removed here, and the question before it is. */
import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { useState } from 'react';
import { texts } from '../texts.ts';
import { Asked } from './asked.tsx';
import { type Settings, type SettingsList, useRemove } from './settings.ts';
import { Trouble } from './small.tsx';

const useStyles = makeStyles({
  buttons: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM },
});

interface Wishes {
  readonly list: SettingsList;
  readonly settings: Settings;
  removeOf(name: string): string;
  removeQuestion(name: string): string;
}

/** Items that a file or the environment fixes have none. */
export function Removable({ list, settings, removeOf, removeQuestion }: Wishes) {
  const styles = useStyles();
  const [removing, setRemoving] = useState<string>();
  const remove = useRemove(list, settings.version);
  return (
    <>
      <div className={styles.buttons}>
        {settings.items
          .filter(({ fixedBy }) => fixedBy === undefined)
          .map(({ name }) => (
            <Button key={name} appearance="subtle" onClick={() => setRemoving(name)}>
              {removeOf(name)}
            </Button>
          ))}
      </div>
      <Trouble error={remove.error} />
      {removing === undefined ? null : (
        <Asked
          title={removeOf(removing)}
          question={removeQuestion(removing)}
          submit={texts.settings.remove}
          onAnswer={(yes) => {
            setRemoving(undefined);
            if (yes) remove.mutate(removing);
          }}
        />
      )}
    </>
  );
}
