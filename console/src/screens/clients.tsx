/** Who may hand mail in, and how a program does it. */
import { Field, Select } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { asked, client } from '../api.ts';
import { cellsOf, DataTable } from '../parts/data-table.tsx';
import { Code, Loading, Page, Section, Trouble } from '../parts/small.tsx';
import { snippetsFor } from '../snippets.ts';
import { texts } from '../texts.ts';
import { ClientSettings } from './client-settings.tsx';

type Clients = Awaited<ReturnType<typeof load>>;
const load = () => asked(client.GET('/api/clients'));

export function Component() {
  const { data, error, refetch } = useQuery({ queryKey: ['clients'], queryFn: load });
  const words = texts.clients;
  return (
    <Page title={words.title}>
      <p>{words.intro}</p>
      <Trouble error={error} onRetry={() => refetch()} />
      {data ? (
        <DataTable
          label={words.title}
          columns={Object.values(words.columns)}
          rows={data.clients.map((each) => ({
            key: each.name,
            cells: cellsOf(words.columns, {
              name: each.name,
              how: waysOf(each),
              senders: each.senders?.join(', ') ?? words.systemAccount,
              priority: each.priority,
              quota: quotaOf(each),
            }),
          }))}
        />
      ) : error ? null : (
        <Loading />
      )}
      <ClientSettings />
      <Snippets />
    </Page>
  );
}

function waysOf({ login, hasApiKey, addresses }: Clients['clients'][number]): string {
  const { clients } = texts;
  const ways = [
    login === undefined ? '' : clients.login(login),
    hasApiKey ? clients.apiKey : '',
    addresses.length > 0 ? clients.addresses(addresses.join(', ')) : '',
  ];
  return ways.filter((way) => way !== '').join('; ');
}

function quotaOf({ quota }: Clients['clients'][number]): string {
  const { clients } = texts;
  const names = ['messagesPerHour', 'messagesPerDay', 'recipientsPerDay'] as const;
  const parts = names.flatMap((name) => (quota[name] === undefined ? [] : [`${quota[name]} ${clients.quota[name]}`]));
  return parts.join(', ') || clients.noQuota;
}

function Snippets() {
  const { data } = useQuery({ queryKey: ['about'], queryFn: () => asked(client.GET('/api/about')) });
  const [chosen, setChosen] = useState(0);
  if (!data) return null;
  const snippets = snippetsFor(data.listeners);
  return (
    <Section title={texts.clients.snippets}>
      <p>{texts.clients.snippetsIntro}</p>
      <Field label={texts.clients.snippet}>
        <Select value={String(chosen)} onChange={(_event, { value }) => setChosen(Number(value))}>
          {snippets.map(({ name }, index) => (
            <option key={name} value={String(index)}>
              {name}
            </option>
          ))}
        </Select>
      </Field>
      <Code>{snippets[chosen]?.text ?? ''}</Code>
    </Section>
  );
}
