/** Actions on many messages: how far they are, and a way to stop them. Whoever began one, everybody sees it. */
import {
  Button,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  makeStyles,
  ProgressBar,
  tokens,
} from '@fluentui/react-components';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { paths } from '../api.generated.ts';
import { asked, client, done } from '../api.ts';
import { useMay } from '../session.ts';
import { texts } from '../texts.ts';
import { Trouble } from './small.tsx';

type Bulk = paths['/api/bulk']['get']['responses'][200]['content']['application/json']['actions'][number];

const useStyles = makeStyles({
  list: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
  bar: { marginTop: tokens.spacingVerticalS },
});
const key = ['bulk'];
const runningMs = 1_000;
const idleMs = 5_000;
/** One that has ended is told of for so long, ms. */
const toldMs = 60_000;

export function BulkProgress() {
  const styles = useStyles();
  const queries = useQueryClient();
  const [dismissed, setDismissed] = useState<ReadonlySet<string>>(new Set());
  const { data, error } = useQuery({
    queryKey: key,
    queryFn: () => asked(client.GET('/api/bulk')),
    refetchInterval: ({ state }) =>
      state.data?.actions.some(({ state: each }) => each === 'running') ? runningMs : idleMs,
  });
  const shown = (data?.actions ?? []).filter(
    ({ id, endedAt }) => !dismissed.has(id) && (endedAt === undefined || Date.now() - endedAt < toldMs),
  );
  const running = shown.filter(({ state }) => state === 'running').length;
  const before = useRef(running);
  useEffect(() => {
    // What the lists show has changed by what has just ended.
    if (running < before.current) queries.invalidateQueries({ queryKey: ['messages'] });
    before.current = running;
  }, [running, queries]);
  return (
    <div className={styles.list} role="status" aria-label={texts.bulk.label}>
      <Trouble error={error} />
      {shown.map((bulk) => (
        <One key={bulk.id} bulk={bulk} onDismiss={() => setDismissed(new Set([...dismissed, bulk.id]))} />
      ))}
    </div>
  );
}

function One({ bulk, onDismiss }: { bulk: Bulk; onDismiss: () => void }) {
  const styles = useStyles();
  const may = useMay('operator');
  const queries = useQueryClient();
  const words = texts.bulk;
  const action = texts.actions[bulk.action];
  const stop = useMutation({
    mutationFn: () => done(client.DELETE('/api/bulk/{id}', { params: { path: { id: bulk.id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: key }),
  });
  const { state, changed, unchanged, total } = bulk;
  if (state === 'running')
    return (
      <MessageBar intent="info" layout="multiline">
        <MessageBarBody>
          {words.running(action, changed + unchanged, total, bulk.by)} {bulk.resumed ? words.resumed : ''}
          <ProgressBar
            className={styles.bar}
            value={(changed + unchanged) / Math.max(1, total)}
            aria-label={action}
            thickness="large"
          />
          <Trouble error={stop.error} />
        </MessageBarBody>
        <MessageBarActions>
          <Button disabledFocusable={!may || stop.isPending} onClick={() => (may ? stop.mutate() : undefined)}>
            {words.stop}
          </Button>
        </MessageBarActions>
      </MessageBar>
    );
  const told =
    state === 'done' ? words.ended.done(action, changed, unchanged) : words.ended[state](action, changed, total);
  return (
    <MessageBar intent={state === 'done' ? 'success' : state === 'failed' ? 'error' : 'warning'} layout="multiline">
      <MessageBarBody>{told}</MessageBarBody>
      <MessageBarActions>
        <Button onClick={onDismiss}>{words.dismiss}</Button>
      </MessageBarActions>
    </MessageBar>
  );
}
