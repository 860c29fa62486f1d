/** Who is told when mail does not go out: the ways as they stand, a test, and what was told. */
import { Button, MessageBar, MessageBarBody } from '@fluentui/react-components';
import { useMutation, useQuery } from '@tanstack/react-query';
import { asked, client } from '../api.ts';
import { cellsOf, DataTable } from '../parts/data-table.tsx';
import { ItemActions } from '../parts/item-actions.tsx';
import { type Desk, ItemsPage } from '../parts/items-page.tsx';
import { Section, Time, Trouble } from '../parts/small.tsx';
import { Stated } from '../parts/state.tsx';
import { useMay } from '../session.ts';
import { texts } from '../texts.ts';
import { AlertPanel } from './alerts/alert-panel.tsx';

type Alerts = Awaited<ReturnType<typeof load>>;
const load = () => asked(client.GET('/api/alerts'));
const lookEveryMs = 15_000;

export function Component() {
  const query = useQuery({ queryKey: ['alerts'], queryFn: load, refetchInterval: lookEveryMs });
  return (
    <ItemsPage list="alerts" words={texts.alerts} query={query} panel={(wishes) => <AlertPanel {...wishes} />}>
      {({ ways, told }, desk) => (
        <>
          <Ways ways={ways} desk={desk} />
          <Told told={told} />
        </>
      )}
    </ItemsPage>
  );
}

function Ways({ ways, desk }: Pick<Alerts, 'ways'> & { readonly desk: Desk }) {
  const words = texts.alerts;
  const may = useMay('operator');
  const test = useMutation({ mutationFn: (way: string) => asked(client.POST('/api/alerts/test', { body: { way } })) });
  if (ways.length === 0) return <p>{words.none}</p>;
  const kinds: Readonly<Record<string, string>> = words.kinds;
  const names: Readonly<Record<string, string>> = words.eventNames;
  const eventsOf = (way: string) => {
    const events = desk.item(way)?.values['events'];
    return Array.isArray(events) ? events.map((each) => names[String(each)] ?? String(each)).join('; ') : words.all;
  };
  return (
    <>
      <DataTable
        label={words.title}
        columns={Object.values(words.columns)}
        rows={ways.map(({ way, kind, waiting, failing }) => ({
          key: way,
          cells: cellsOf(words.columns, {
            name: way,
            kind: kinds[kind] ?? kind,
            events: eventsOf(way),
            state:
              failing === undefined ? (
                <Stated tone={waiting === 0 ? 'good' : 'waiting'}>
                  {waiting === 0 ? words.fine : words.waiting(waiting)}
                </Stated>
              ) : (
                <>
                  <Stated tone="bad">{words.waiting(waiting)}</Stated>
                  <div>{words.failing(failing)}</div>
                </>
              ),
            actions: (
              <ItemActions item={desk.item(way)} onEdit={desk.edit} onRemove={desk.remove}>
                {may ? (
                  <Button
                    size="small"
                    aria-label={words.testOf(way)}
                    disabledFocusable={test.isPending}
                    onClick={() => test.mutate(way)}
                  >
                    {words.test}
                  </Button>
                ) : null}
              </ItemActions>
            ),
          }),
        }))}
      />
      <Trouble error={test.error} />
      <div role="status">
        {test.data?.results.map(({ way, taken, answer }) => (
          <MessageBar key={way} intent={taken ? 'success' : 'error'} layout="multiline">
            <MessageBarBody>{taken ? words.taken(way, answer) : words.notTaken(way, answer)}</MessageBarBody>
          </MessageBar>
        ))}
      </div>
    </>
  );
}

const tones = { told: 'good', waiting: 'waiting', 'given-up': 'bad' } as const;

function Told({ told }: Pick<Alerts, 'told'>) {
  const words = texts.alerts;
  return (
    <Section title={words.told}>
      {told.length === 0 ? (
        <p>{words.toldNone}</p>
      ) : (
        <DataTable
          label={words.told}
          columns={Object.values(words.toldColumns)}
          rows={told.map(({ at, way, sentence, state, answer }, index) => ({
            key: `${at} ${way} ${index}`,
            cells: cellsOf(words.toldColumns, {
              at: <Time at={at} />,
              way,
              what: sentence,
              state: (
                <>
                  <Stated tone={tones[state]}>{words.toldStates[state]}</Stated>
                  {state === 'told' || answer === '' ? null : <div>{answer}</div>}
                </>
              ),
            }),
          }))}
        />
      )}
    </Section>
  );
}
