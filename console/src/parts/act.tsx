/** Hold, release, retry, cancel: for messages that were chosen, or for all that match, with the count first. */
import { Button, MessageBar, MessageBarBody, makeStyles, tokens } from '@fluentui/react-components';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { paths } from '../api.generated.ts';
import { asked, client } from '../api.ts';
import { useMay } from '../session.ts';
import { texts } from '../texts.ts';
import { Asked } from './asked.tsx';
import { useKeptFocus } from './focus.ts';
import { Trouble } from './small.tsx';

const actions = ['hold', 'release', 'retry', 'cancel'] as const;
type Action = (typeof actions)[number];
export type Filter = paths['/api/bulk/count']['post']['requestBody']['content']['application/json']['filter'];

/** What is acted on. */
export type Target = { readonly ids: string[] } | { readonly filter: Filter };

interface Asking {
  readonly action: Action;
  readonly count: number | undefined;
  /** The moment up to which messages were counted. */
  readonly until?: number;
}

const useStyles = makeStyles({
  row: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS, alignItems: 'center' },
});

export function Act({ target, which = actions, label }: { target: Target; which?: readonly Action[]; label?: string }) {
  const styles = useStyles();
  const row = useKeptFocus(which.join());
  const may = useMay('operator');
  const queries = useQueryClient();
  const [asking, setAsking] = useState<Asking>();
  const count = useMutation({
    mutationFn: (body: { action: Action; filter: Filter }) => asked(client.POST('/api/bulk/count', { body })),
    onSuccess: ({ count: found, until }, { action }) => setAsking({ action, count: found, until }),
    onError: () => setAsking(undefined),
  });
  const act = useMutation({
    mutationFn: async ({ action, count: shown = 0, until }: Asking) => {
      if ('ids' in target) return asked(client.POST('/api/interventions', { body: { action, ids: target.ids } }));
      const filter = { ...target.filter, ...(until === undefined ? {} : { until }) };
      await asked(client.POST('/api/bulk', { body: { action, filter, count: shown } }));
      // What becomes of it is told by the progress of all such actions.
      return undefined;
    },
    onSettled: async () => {
      setAsking(undefined);
      await queries.invalidateQueries();
    },
  });
  const ask = (action: Action) => {
    act.reset();
    if ('ids' in target) {
      setAsking({ action, count: target.ids.length });
      return;
    }
    setAsking({ action, count: undefined });
    count.mutate({ action, filter: target.filter });
  };
  return (
    <>
      <div ref={row} className={styles.row}>
        {label}
        {which.map((action) => (
          <Button
            key={action}
            disabledFocusable={!may}
            title={may ? undefined : texts.needs.operator}
            onClick={() => ask(action)}
          >
            {texts.actions[action]}
          </Button>
        ))}
      </div>
      <Trouble error={count.error ?? act.error} />
      {act.data ? (
        <MessageBar intent="success">
          <MessageBarBody>{texts.actions.done(act.data.changed, act.data.unchanged)}</MessageBarBody>
        </MessageBar>
      ) : null}
      {asking ? (
        <Asked
          title={texts.actions[asking.action]}
          question={questionOf(asking)}
          submit={texts.actions[asking.action]}
          impossible={!asking.count || act.isPending}
          type={asking.action === 'cancel' && (asking.count ?? 0) > 1 ? asking.count : undefined}
          onAnswer={(yes) => (yes ? act.mutate(asking) : setAsking(undefined))}
        />
      ) : null}
    </>
  );
}

function questionOf({ action, count }: Asking): string {
  if (count === undefined) return texts.actions.counting;
  return count === 0 ? texts.actions.noneMatch : texts.actions.question[action](count);
}

const allowed: Readonly<Record<string, readonly Action[]>> = {
  queued: ['hold', 'retry', 'cancel'],
  held: ['release', 'cancel'],
  uncertain: ['retry', 'cancel'],
  failed: ['retry'],
};

/** What can be done to a message in a state. */
export function actionsFor(state: string): readonly Action[] {
  return allowed[state] ?? [];
}
