/** Which way out a submission takes: the routes in their order, to be added, changed, moved and tried out. */
import { Button } from '@fluentui/react-components';
import { Add20Regular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { asked, client } from '../api.ts';
import { cellsOf, DataTable } from '../parts/data-table.tsx';
import { ItemActions } from '../parts/item-actions.tsx';
import { useRemoval } from '../parts/removal.tsx';
import { Said } from '../parts/said.tsx';
import { type Settings, useSettings } from '../parts/settings.ts';
import { Loading, Page, Trouble } from '../parts/small.tsx';
import { useMay } from '../session.ts';
import { texts } from '../texts.ts';
import { Moves } from './routes/moves.tsx';
import { RoutePanel } from './routes/route-panel.tsx';
import { RouteTrial } from './routes/route-trial.tsx';
import { type RouteView, wayOfView, whenOf } from './routes/route-words.ts';

/** Of a panel that is open: the name of the route, or that of none yet. */
type Open = { readonly name: string | undefined };

export function Component() {
  const words = texts.routes;
  const may = useMay('administrator');
  const [open, setOpen] = useState<Open>();
  const [told, setTold] = useState('');
  const { data, error, refetch } = useQuery({
    queryKey: ['routes'],
    queryFn: () => asked(client.GET('/api/routes')),
  });
  const settings = useSettings('routes');
  const removal = useRemoval({
    list: 'routes',
    settings: settings.data,
    question: words.removeQuestion,
    onRemoved: (name) => setTold(texts.settings.removedItem(name)),
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
      {removal.shown}
      {data ? (
        <>
          <List
            routes={data.routes}
            settings={settings.data}
            onEdit={(name) => setOpen({ name })}
            onRemove={removal.ask}
            onTold={setTold}
          />
          <RouteTrial version={settings.data?.version} />
        </>
      ) : error ? null : (
        <Loading />
      )}
      {open && settings.data ? (
        <RoutePanel
          settings={settings.data}
          name={open.name}
          onClose={() => setOpen(undefined)}
          onSaved={(name) => {
            setOpen(undefined);
            setTold(texts.settings.savedItem(name));
          }}
        />
      ) : null}
    </Page>
  );
}

interface ListWishes {
  readonly routes: readonly RouteView[];
  readonly settings: Settings | undefined;
  onEdit(name: string): void;
  onRemove(name: string): void;
  onTold(text: string): void;
}

function List({ routes, settings, onEdit, onRemove, onTold }: ListWishes) {
  const words = texts.routes;
  if (routes.length === 0) return <p>{words.none}</p>;
  const rows = routes.map((each, index) => ({
    key: each.name,
    cells: cellsOf(words.columns, {
      order: index + 1,
      name: each.name,
      when: whenOf(each.when),
      way: wayOfView(each),
      actions: (
        <ItemActions item={settings?.items.find(({ name }) => name === each.name)} onEdit={onEdit} onRemove={onRemove}>
          {settings ? <Moves settings={settings} name={each.name} onTold={onTold} /> : null}
        </ItemActions>
      ),
    }),
  }));
  const rest = {
    key: '',
    cells: cellsOf(words.columns, {
      order: routes.length + 1,
      name: words.rest,
      when: words.restWhen,
      way: words.restWay,
      actions: null,
    }),
  };
  return <DataTable label={words.title} columns={Object.values(words.columns)} rows={[...rows, rest]} />;
}
