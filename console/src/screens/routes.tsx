/** Which way out a submission takes: the routes in their order, to be added, changed, moved and tried out. */
import { useQuery } from '@tanstack/react-query';
import { asked, client } from '../api.ts';
import { cellsOf, DataTable } from '../parts/data-table.tsx';
import { ItemActions } from '../parts/item-actions.tsx';
import { type Desk, ItemsPage } from '../parts/items-page.tsx';
import { texts } from '../texts.ts';
import { Moves } from './routes/moves.tsx';
import { RoutePanel } from './routes/route-panel.tsx';
import { RouteTrial } from './routes/route-trial.tsx';
import { type RouteView, wayOfView, whenOf } from './routes/route-words.ts';

export function Component() {
  const query = useQuery({ queryKey: ['routes'], queryFn: () => asked(client.GET('/api/routes')) });
  return (
    <ItemsPage list="routes" words={texts.routes} query={query} panel={(wishes) => <RoutePanel {...wishes} />}>
      {({ routes }, desk) => (
        <>
          <List routes={routes} desk={desk} />
          <RouteTrial version={desk.settings?.version} />
        </>
      )}
    </ItemsPage>
  );
}

function List({ routes, desk }: { routes: readonly RouteView[]; desk: Desk }) {
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
        <ItemActions item={desk.item(each.name)} onEdit={desk.edit} onRemove={desk.remove}>
          {desk.settings ? <Moves settings={desk.settings} name={each.name} onTold={desk.tell} /> : null}
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
