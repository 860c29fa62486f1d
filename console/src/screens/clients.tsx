/** Who may hand mail in: to be added and changed, with what each logs in with, and how a program does it. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { asked, client } from '../api.ts';
import { cellsOf, DataTable } from '../parts/data-table.tsx';
import { ItemActions } from '../parts/item-actions.tsx';
import { type Desk, ItemsPage } from '../parts/items-page.tsx';
import type { Shown } from '../parts/settings.ts';
import { texts } from '../texts.ts';
import { ClientPanel } from './clients/client-panel.tsx';
import { ShownOnce } from './clients/shown-once.tsx';
import { Snippets } from './clients/snippets.tsx';

type Clients = Awaited<ReturnType<typeof load>>;
type Client = Clients['clients'][number];
const load = () => asked(client.GET('/api/clients'));

export function Component() {
  const query = useQuery({ queryKey: ['clients'], queryFn: load });
  const [made, setMade] = useState<Shown & { readonly login?: string }>();
  return (
    <ItemsPage
      list="clients"
      words={texts.clients}
      query={query}
      panel={(wishes) => (
        <ClientPanel
          {...wishes}
          onSaved={(name, shown) => {
            wishes.onSaved(name, shown);
            setMade(shown.password !== undefined || shown.apiKey !== undefined ? shown : undefined);
          }}
        />
      )}
    >
      {({ clients }, desk) => (
        <>
          {made ? <ShownOnce shown={made} onDone={() => setMade(undefined)} /> : null}
          <DataTable
            label={texts.clients.title}
            columns={Object.values(texts.clients.columns)}
            rows={clients.map((each) => rowOf(each, desk))}
          />
          <Snippets clients={clients} />
        </>
      )}
    </ItemsPage>
  );
}

function rowOf(each: Client, desk: Desk) {
  const words = texts.clients;
  return {
    key: each.name,
    cells: cellsOf(words.columns, {
      name: each.name,
      how: waysOf(each),
      senders: each.senders?.join(', ') ?? words.systemAccount,
      priority: each.priority,
      quota: quotaOf(each),
      actions: <ItemActions item={desk.item(each.name)} onEdit={desk.edit} onRemove={desk.remove} />,
    }),
  };
}

function waysOf({ login, hasApiKey, addresses, ...old }: Client): string {
  const { clients } = texts;
  const ways = [
    login === undefined ? '' : clients.login(login),
    until(old.previousPasswordUntil, clients.oldPassword),
    hasApiKey ? clients.apiKey : '',
    until(old.previousApiKeyUntil, clients.oldKey),
    addresses.length > 0 ? clients.addresses(addresses.join(', ')) : '',
  ];
  return ways.filter((way) => way !== '').join('; ');
}

/** Nothing once it has ended. */
function until(end: string | undefined, say: (end: string) => string): string {
  const at = Date.parse(end ?? '');
  return at > Date.now() ? say(new Date(at).toLocaleString()) : '';
}

function quotaOf({ quota }: Client): string {
  const { clients } = texts;
  const names = ['messagesPerHour', 'messagesPerDay', 'recipientsPerDay'] as const;
  const parts = names.flatMap((name) =>
    quota[name] === undefined ? [] : [`${quota[name].toLocaleString()} ${clients.quota[name]}`],
  );
  return parts.join(', ') || clients.noQuota;
}
