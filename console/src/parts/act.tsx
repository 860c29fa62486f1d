/** Hold, release, retry, cancel: for messages that were chosen, or for all that match, with the count first. */
import { Button, MessageBar, MessageBarBody, makeStyles, tokens } from '@fluentui/react-components';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { paths } from '../api.generated.ts';
import { asked, client } from '../api.ts';
import { useMay } from '../session.ts';
import { texts } from '../texts.ts';
import { Asked } from './asked.tsx';
import { Trouble } from './small.tsx';

const actions = ['hold', 'release', 'retry', 'cancel'] as const;
type Action = (typeof actions)[number];
export type Filter = paths['/api/interventions/count']['post']['requestBody']['content']['application/json']['filter'];

/** What is acted on. */
export type Target = { readonly ids: string[] } | { readonly filter: Filter };

const useStyles = makeStyles({
  row: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS, alignItems: 'center' },
});

export function Act({ target, which = actions, label }: { target: Target; which?: readonly Action[]; label?: string }) {
  const may = useMay('operator');
  const queries = useQueryClient();
  const [asking, setAsking] = useState<{ action: Action; count: number | undefined }>();
  const count = useMutation({
    mutationFn: (body: { action: Action; filter: Filter }) => asked(client.POST('/api/interventions/count', { body })),
    onSuccess: ({ count: found }, { action }) => setAsking({ action, count: found }),
    onError: () => setAsking(undefined),
  });
  const act = useMutation({
    mutationFn: ({ action, count: shown = 0 }: { action: Action; count: number | undefined }) =>
      asked(
        client.POST('/api/interventions', {
          body: 'ids' in target ? { action, ids: target.ids } : { action, filter: target.filter, count: shown },
        }),
      ),
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
      <div className={useStyles().row}>
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

function questionOf({ action, count }: { action: Action; count: number | undefined }): string {
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
