/** Which way out a submission takes. */
import { useQuery } from '@tanstack/react-query';
import { asked, client } from '../api.ts';
import { cellsOf, DataTable } from '../parts/data-table.tsx';
import { Loading, Page, Trouble } from '../parts/small.tsx';
import { texts } from '../texts.ts';

type Routes = Awaited<ReturnType<typeof load>>;
const load = () => asked(client.GET('/api/routes'));

export function Component() {
  const { data, error, refetch } = useQuery({ queryKey: ['routes'], queryFn: load });
  const words = texts.routes;
  return (
    <Page title={words.title}>
      <p>{words.intro}</p>
      <Trouble error={error} onRetry={() => refetch()} />
      {data ? <List routes={data.routes} /> : error ? null : <Loading />}
    </Page>
  );
}

function List({ routes }: Routes) {
  const words = texts.routes;
  if (routes.length === 0) return <p>{words.none}</p>;
  return (
    <DataTable
      label={words.title}
      columns={Object.values(words.columns)}
      rows={routes.map((each, index) => ({
        key: each.name,
        cells: cellsOf(words.columns, { order: index + 1, name: each.name, when: whenOf(each), way: wayOf(each) }),
      }))}
    />
  );
}

function whenOf({ when }: Routes['routes'][number]): string {
  const names: Readonly<Record<string, string>> = texts.routes.when;
  return when.map(({ what, is }) => `${names[what] ?? what} ${is.join(', ')}`).join('; ') || texts.routes.always;
}

function wayOf({ connector, sender, form, saveToSentItems, fromHeader, hold }: Routes['routes'][number]): string {
  const words = texts.routes;
  const parts = [
    connector === undefined ? '' : words.by(connector),
    sender === undefined ? '' : words.as(sender),
    form === 'json' ? words.json : '',
    saveToSentItems ? '' : words.noSentItems,
    fromHeader === 'system-account' ? words.fromRewritten : '',
    hold ? words.held : '',
  ];
  return parts.filter((part) => part !== '').join('; ') || words.byDefault;
}
