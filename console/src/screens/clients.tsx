/** Who may hand mail in: to be added and changed, with what each logs in with, and how a program does it. */
import { Button } from '@fluentui/react-components';
import { Add20Regular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { asked, client } from '../api.ts';
import { cellsOf, DataTable } from '../parts/data-table.tsx';
import { ItemActions } from '../parts/item-actions.tsx';
import { useRemoval } from '../parts/removal.tsx';
import { Said } from '../parts/said.tsx';
import { type Shown, useSettings } from '../parts/settings.ts';
import { Loading, Page, Trouble } from '../parts/small.tsx';
import { useMay } from '../session.ts';
import { texts } from '../texts.ts';
import { ClientPanel } from './clients/client-panel.tsx';
import { ShownOnce } from './clients/shown-once.tsx';
import { Snippets } from './clients/snippets.tsx';

type Clients = Awaited<ReturnType<typeof load>>;
type Client = Clients['clients'][number];
const load = () => asked(client.GET('/api/clients'));

export function Component() {
  const words = texts.clients;
  const may = useMay('administrator');
  const { data, error, refetch } = useQuery({ queryKey: ['clients'], queryFn: load });
  const settings = useSettings('clients');
  const [open, setOpen] = useState<{ readonly name: string | undefined }>();
  const [told, setTold] = useState('');
  const [shown, setShown] = useState<Shown & { readonly login?: string }>();
  const removal = useRemoval({
    list: 'clients',
    settings: settings.data,
    question: words.removeQuestion,
    onRemoved: (name) => setTold(texts.settings.removedItem(name)),
  });
  const row = (each: Client) => ({
    key: each.name,
    cells: cellsOf(words.columns, {
      name: each.name,
      how: waysOf(each),
      senders: each.senders?.join(', ') ?? words.systemAccount,
      priority: each.priority,
      quota: quotaOf(each),
      actions: (
        <ItemActions
          item={settings.data?.items.find(({ name }) => name === each.name)}
          onEdit={(name) => setOpen({ name })}
          onRemove={removal.ask}
        />
      ),
    }),
  });
  return (
    <Page
      title={words.title}
      actions={
        may && settings.data ? (
          <Button appearance="primary" icon={<Add20Regular />} onClick={() => setOpen({ name: undefined })}>
            {words.add}
          </Button>
        ) : null
      }
    >
      <p>{words.intro}</p>
      <Trouble error={error} onRetry={() => refetch()} />
      <Said text={told} />
      {shown ? <ShownOnce shown={shown} onDone={() => setShown(undefined)} /> : null}
      {removal.shown}
      {data ? (
        <>
          <DataTable label={words.title} columns={Object.values(words.columns)} rows={data.clients.map(row)} />
          <Snippets clients={data.clients} />
        </>
      ) : error ? null : (
        <Loading />
      )}
      {open && settings.data ? (
        <ClientPanel
          settings={settings.data}
          name={open.name}
          onClose={() => setOpen(undefined)}
          onSaved={(name, made) => {
            setOpen(undefined);
            setTold(texts.settings.savedItem(name));
            setShown(made.password !== undefined || made.apiKey !== undefined ? made : undefined);
          }}
        />
      ) : null}
    </Page>
  );
}

function waysOf({ login, hasApiKey, addresses }: Client): string {
  const { clients } = texts;
  const ways = [
    login === undefined ? '' : clients.login(login),
    hasApiKey ? clients.apiKey : '',
    addresses.length > 0 ? clients.addresses(addresses.join(', ')) : '',
  ];
  return ways.filter((way) => way !== '').join('; ');
}

function quotaOf({ quota }: Client): string {
  const { clients } = texts;
  const names = ['messagesPerHour', 'messagesPerDay', 'recipientsPerDay'] as const;
  const parts = names.flatMap((name) =>
    quota[name] === undefined ? [] : [`${quota[name].toLocaleString()} ${clients.quota[name]}`],
  );
  return parts.join(', ') || clients.noQuota;
}
