/** Messages: find one, or many, and act on them. New ones are announced and never move what is under the pointer. */
import { Button, Checkbox, Field, Input, makeStyles, Select, tokens } from '@fluentui/react-components';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { asked, client } from '../api.ts';
import { Act, type Filter } from '../parts/act.tsx';
import { BulkProgress } from '../parts/bulk-progress.tsx';
import { cellsOf, DataTable } from '../parts/data-table.tsx';
import { Loading, Page, Time, To, Trouble } from '../parts/small.tsx';
import { messageTones, Stated } from '../parts/state.tsx';
import { texts } from '../texts.ts';

const pageSize = 100;
const pollMs = 5_000;
const mostShownRecipients = 2;
const spans = { any: 0, hour: 3_600_000, day: 86_400_000, week: 604_800_000 };
const spanNames = ['any', 'hour', 'day', 'week'] as const;
const states = ['queued', 'sending', 'uncertain', 'held', 'sent', 'failed', 'cancelled'] as const;

const useStyles = makeStyles({
  search: { flexGrow: 1, minWidth: 'min(100%, 300px)', maxWidth: '480px' },
  filters: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM, alignItems: 'end' },
});

type Found = Awaited<ReturnType<typeof find>>['messages'][number];
const find = (query: Filter & { after?: string }) =>
  asked(client.GET('/api/messages', { params: { query: { ...query, limit: pageSize } } }));

export function Component() {
  const words = texts.messages;
  const [params, setParams] = useSearchParams();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const filter = filterOf(params);
  const key = params.toString();
  const list = useInfiniteQuery({
    queryKey: ['messages', key],
    initialPageParam: '',
    queryFn: ({ pageParam }) => find({ ...filter, ...(pageParam === '' ? {} : { after: pageParam }) }),
    getNextPageParam: ({ messages }) => (messages.length < pageSize ? undefined : messages.at(-1)?.id),
  });
  const shown = list.data?.pages.flatMap(({ messages }) => messages);
  const newest = shown?.[0]?.id ?? '';
  const fresh = useQuery({
    queryKey: ['messages-new', key],
    queryFn: () => find(filter),
    refetchInterval: pollMs,
    enabled: shown !== undefined,
  });
  const newer = fresh.data?.messages.filter(({ id }) => id > newest).length ?? 0;
  const set = (name: string, value: string) => {
    const next = new URLSearchParams(params);
    if (value === '') next.delete(name);
    else next.set(name, value);
    setChosen(new Set());
    setParams(next, { replace: true });
  };
  const choose = (id: string, isChosen: boolean) => {
    const next = new Set(chosen);
    if (isChosen) next.add(id);
    else next.delete(id);
    setChosen(next);
  };
  return (
    <Page title={words.title}>
      <Filters params={params} set={set} />
      {shown && shown.length > 0 ? (
        <Act
          label={chosen.size > 0 ? words.selected(chosen.size) : words.allMatching}
          target={chosen.size > 0 ? { ids: [...chosen] } : { filter }}
        />
      ) : null}
      <BulkProgress />
      <div aria-live="polite">
        {newer > 0 ? <Button onClick={() => list.refetch()}>{words.newer(newer)}</Button> : null}
      </div>
      <Trouble error={list.error} onRetry={() => list.refetch()} />
      {shown === undefined ? (
        list.error ? null : (
          <Loading />
        )
      ) : shown.length === 0 ? (
        <p>{key === '' ? words.noneAtAll : words.none}</p>
      ) : (
        <DataTable
          label={words.listLabel}
          broad="subject"
          minor={[words.columns.from, words.columns.client]}
          columns={[words.choose, ...Object.values(words.columns)]}
          rows={shown.map((message) => rowOf(message, chosen.has(message.id), choose))}
        />
      )}
      {list.hasNextPage ? <Button onClick={() => list.fetchNextPage()}>{words.more}</Button> : null}
    </Page>
  );
}

function rowOf(message: Found, isChosen: boolean, choose: (id: string, isChosen: boolean) => void) {
  const words = texts.messages;
  const subject = message.subject || words.noSubject;
  const { recipients, recipientCount } = message;
  const rest = recipientCount - mostShownRecipients;
  return {
    key: message.id,
    cells: [
      {
        column: 'select',
        content: (
          <Checkbox
            checked={isChosen}
            aria-label={words.select(subject)}
            onChange={(_event, { checked }) => choose(message.id, checked === true)}
          />
        ),
      },
      ...cellsOf(words.columns, {
        state: <Stated tone={messageTones[message.state]}>{texts.states[message.state]}</Stated>,
        accepted: <Time brief at={message.acceptedAt} />,
        from: message.mailFrom || words.notice,
        to: `${recipients.slice(0, mostShownRecipients).join(', ')}${rest > 0 ? ` ${words.moreRecipients(rest)}` : ''}`,
        subject: (
          <To quiet to={`/messages/${message.id}`}>
            {subject}
          </To>
        ),
        client: message.client,
      }),
    ],
  };
}

function Filters({ params, set }: { params: URLSearchParams; set: (name: string, value: string) => void }) {
  const words = texts.messages;
  const styles = useStyles();
  const text = (name: 'client' | 'connector', label: string) => (
    <Field label={label}>
      <Input value={params.get(name) ?? ''} onChange={(_event, { value }) => set(name, value)} />
    </Field>
  );
  return (
    <div className={styles.filters}>
      <Field label={texts.search.label} className={styles.search}>
        <Input
          type="search"
          value={params.get('q') ?? ''}
          placeholder={texts.search.placeholder}
          onChange={(_event, { value }) => set('q', value)}
        />
      </Field>
      <Field label={words.state}>
        <Select value={params.get('state') ?? ''} onChange={(_event, { value }) => set('state', value)}>
          <option value="">{words.anyState}</option>
          {states.map((state) => (
            <option key={state} value={state}>
              {texts.states[state]}
            </option>
          ))}
        </Select>
      </Field>
      <Field label={words.since}>
        <Select
          value={params.get('span') ?? 'any'}
          onChange={(_event, { value }) => set('span', value === 'any' ? '' : value)}
        >
          {spanNames.map((name) => (
            <option key={name} value={name}>
              {words.sinces[name]}
            </option>
          ))}
        </Select>
      </Field>
      {text('client', words.client)}
      {text('connector', words.connector)}
    </div>
  );
}

/** What stands in the address, as the server wants it: a search can be sent to somebody as a link. */
function filterOf(params: URLSearchParams): Filter {
  const state = states.find((each) => each === params.get('state'));
  const span = spanNames.find((each) => each === params.get('span')) ?? 'any';
  const text = (name: string) => params.get(name)?.trim() ?? '';
  return {
    ...(state ? { state } : {}),
    ...(text('q') ? { q: text('q') } : {}),
    ...(text('client') ? { client: text('client') } : {}),
    ...(text('connector') ? { connector: text('connector') } : {}),
    // To the minute: with each moment another number, nothing could be found in the cache.
    ...(span === 'any' ? {} : { since: Math.floor((Date.now() - spans[span]) / 60_000) * 60_000 }),
  };
}
