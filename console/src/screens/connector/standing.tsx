/** How a connector stands, and pause and resume. */
import { Button } from '@fluentui/react-components';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { client, done } from '../../api.ts';
import { Asked } from '../../parts/asked.tsx';
import { Trouble } from '../../parts/small.tsx';
import { connectorTones, Stated } from '../../parts/state.tsx';
import { useMay } from '../../session.ts';
import { texts } from '../../texts.ts';
import { usePartStyles } from './part-styles.ts';

export function Standing({ name, state }: { name: string; state: keyof typeof connectorTones }) {
  const words = texts.connector;
  const queries = useQueryClient();
  const may = useMay('operator');
  const [asking, setAsking] = useState(false);
  const action = state === 'running' ? 'pause' : 'resume';
  const change = useMutation({
    mutationFn: () => {
      const path = { params: { path: { name } } };
      return done(
        action === 'pause'
          ? client.POST('/api/connectors/{name}/pause', path)
          : client.POST('/api/connectors/{name}/resume', path),
      );
    },
    onSettled: async () => {
      setAsking(false);
      await queries.invalidateQueries();
    },
  });
  return (
    <div className={usePartStyles().buttons}>
      <Stated tone={connectorTones[state]}>{texts.connectorStates[state]}</Stated>
      <Button
        disabledFocusable={!may}
        title={may ? undefined : texts.needs.operator}
        onClick={() => (action === 'pause' ? setAsking(true) : change.mutate())}
      >
        {words[action]}
      </Button>
      <Trouble error={change.error} />
      {asking ? (
        <Asked
          title={words.pause}
          question={words.pauseQuestion(name)}
          submit={words.pause}
          onAnswer={(yes) => (yes ? change.mutate() : setAsking(false))}
        />
      ) : null}
    </div>
  );
}
