/** Who is told when mail does not go out: the ways as they stand, a test, and what was told. */
import { Button, MessageBar, MessageBarBody } from '@fluentui/react-components';
import { useMutation, useQuery } from '@tanstack/react-query';
import { asked, client } from '../api.ts';
import { cellsOf, DataTable } from '../parts/data-table.tsx';
import { Loading, Page, Section, Time, Trouble } from '../parts/small.tsx';
import { Stated } from '../parts/state.tsx';
import { useMay } from '../session.ts';
import { texts } from '../texts.ts';
import { AlertSettings } from './alert-settings.tsx';

type Alerts = Awaited<ReturnType<typeof load>>;
const load = () => asked(client.GET('/api/alerts'));
const lookEveryMs = 15_000;

export function Component() {
  const { data, error, refetch } = useQuery({ queryKey: ['alerts'], queryFn: load, refetchInterval: lookEveryMs });
  const words = texts.alerts;
  return (
    <Page title={words.title}>
      <p>{words.intro}</p>
      <Trouble error={error} onRetry={() => refetch()} />
      {data ? <Ways ways={data.ways} /> : error ? null : <Loading />}
      <AlertSettings />
      {data ? <Told told={data.told} /> : null}
    </Page>
  );
}

function Ways({ ways }: Pick<Alerts, 'ways'>) {
  const words = texts.alerts;
  const may = useMay('operator');
  const test = useMutation({ mutationFn: (way: string) => asked(client.POST('/api/alerts/test', { body: { way } })) });
  if (ways.length === 0) return <p>{words.none}</p>;
  const kinds: Readonly<Record<string, string>> = words.kinds;
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
            actions: may ? (
              <Button
                size="small"
                aria-label={words.testOf(way)}
                disabledFocusable={test.isPending}
                onClick={() => test.mutate(way)}
              >
                {words.test}
              </Button>
            ) : null,
          }),
        }))}
      />
      <Trouble error={test.error} />
      {test.data?.results.map(({ way, taken, answer }) => (
        <MessageBar key={way} intent={taken ? 'success' : 'error'} layout="multiline">
          <MessageBarBody>{taken ? words.taken(way, answer) : words.notTaken(way, answer)}</MessageBarBody>
        </MessageBar>
      ))}
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
