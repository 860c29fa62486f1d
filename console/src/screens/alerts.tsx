/** Who is told when mail does not go out: the ways as they stand, a test, and what was told. */
import { Button, MessageBar, MessageBarBody } from '@fluentui/react-components';
import { Add20Regular } from '@fluentui/react-icons';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { asked, client } from '../api.ts';
import { cellsOf, DataTable } from '../parts/data-table.tsx';
import { ItemActions } from '../parts/item-actions.tsx';
import { useRemoval } from '../parts/removal.tsx';
import { Said } from '../parts/said.tsx';
import { type Settings, useSettings } from '../parts/settings.ts';
import { Loading, Page, Section, Time, Trouble } from '../parts/small.tsx';
import { Stated } from '../parts/state.tsx';
import { useMay } from '../session.ts';
import { texts } from '../texts.ts';
import { AlertPanel } from './alerts/alert-panel.tsx';

type Alerts = Awaited<ReturnType<typeof load>>;
const load = () => asked(client.GET('/api/alerts'));
const lookEveryMs = 15_000;

export function Component() {
  const words = texts.alerts;
  const may = useMay('administrator');
  const { data, error, refetch } = useQuery({ queryKey: ['alerts'], queryFn: load, refetchInterval: lookEveryMs });
  const settings = useSettings('alerts');
  const [open, setOpen] = useState<{ readonly name: string | undefined }>();
  const [told, setTold] = useState('');
  const removal = useRemoval({
    list: 'alerts',
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
          <Ways ways={data.ways} settings={settings.data} onEdit={(name) => setOpen({ name })} onRemove={removal.ask} />
          <Told told={data.told} />
        </>
      ) : error ? null : (
        <Loading />
      )}
      {open && settings.data ? (
        <AlertPanel
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

interface WaysWishes extends Pick<Alerts, 'ways'> {
  readonly settings: Settings | undefined;
  onEdit(name: string): void;
  onRemove(name: string): void;
}

function Ways({ ways, settings, onEdit, onRemove }: WaysWishes) {
  const words = texts.alerts;
  const may = useMay('operator');
  const test = useMutation({ mutationFn: (way: string) => asked(client.POST('/api/alerts/test', { body: { way } })) });
  if (ways.length === 0) return <p>{words.none}</p>;
  const kinds: Readonly<Record<string, string>> = words.kinds;
  const names: Readonly<Record<string, string>> = words.eventNames;
  const ofWay = (way: string) => settings?.items.find(({ name }) => name === way);
  const eventsOf = (way: string) => {
    const events = ofWay(way)?.values['events'];
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
                  <Stated tone="bad">{words.waiting(waiting)}</Stated> {words.failing(failing)}
                </>
              ),
            actions: (
              <ItemActions item={ofWay(way)} onEdit={onEdit} onRemove={onRemove}>
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
                  {state === 'told' || answer === '' ? '' : ` ${answer}`}
                </>
              ),
            }),
          }))}
        />
      )}
    </Section>
  );
}
