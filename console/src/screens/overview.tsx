/** Is mail going out? One sentence first, then what it rests on. */
import { MessageBar, MessageBarBody, MessageBarTitle, makeStyles, tokens } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { asked, client } from '../api.ts';
import { cellsOf, DataTable } from '../parts/data-table.tsx';
import { Loading, Page, Section, Time, To, Trouble } from '../parts/small.tsx';
import { connectorTones, messageTones, Stated } from '../parts/state.tsx';
import { bytesText, spanText } from '../parts/units.ts';
import { texts } from '../texts.ts';

const RateChart = lazy(() => import('./rate-chart.tsx'));
const dayMs = 86_400_000;

const useStyles = makeStyles({
  books: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalXL, margin: 0 },
  figure: {
    fontSize: tokens.fontSizeHero700,
    lineHeight: tokens.lineHeightHero700,
    margin: 0,
    fontVariantNumeric: 'tabular-nums',
  },
  list: { margin: 0, paddingLeft: tokens.spacingHorizontalL },
});

type Overview = Awaited<ReturnType<typeof load>>;
const load = () => asked(client.GET('/api/overview'));
const states = ['queued', 'sending', 'held', 'uncertain', 'failed', 'sent', 'cancelled'] as const;

export function Component() {
  const styles = useStyles();
  const { data, error, refetch } = useQuery({ queryKey: ['overview'], queryFn: load, refetchInterval: 5_000 });
  if (!data)
    return (
      <Page title={texts.overview.title}>
        {error ? <Trouble error={error} onRetry={() => refetch()} /> : <Loading />}
      </Page>
    );
  return (
    <Page title={texts.overview.title}>
      <Answer data={data} />
      <Section title={texts.overview.books}>
        <dl className={styles.books}>
          {states.map((state) => (
            <div key={state}>
              <dt>
                <Stated tone={messageTones[state]}>{texts.states[state]}</Stated>
              </dt>
              <dd className={styles.figure}>{data.books[state].toLocaleString()}</dd>
            </div>
          ))}
        </dl>
      </Section>
      <Section title={texts.overview.rate}>
        <Suspense fallback={<Loading />}>
          <RateChart />
        </Suspense>
      </Section>
      <Lanes data={data} />
      <Failures data={data} />
      <Section title={texts.overview.credentials}>
        <ul className={styles.list}>
          {data.connectors.map(({ name, state, credentialEndsAt }) => (
            <li key={name}>
              <To to="/connectors/smtp">{name}</To>{' '}
              <Stated tone={connectorTones[state]}>{texts.connectorStates[state]}</Stated>.{' '}
              {credentialEndsAt === undefined
                ? texts.overview.credentialSecret
                : texts.overview.credentialEnds(Math.floor((credentialEndsAt - data.now) / dayMs))}
            </li>
          ))}
        </ul>
      </Section>
      <Section title={texts.overview.diskTitle}>
        {texts.overview.disk(bytesText(data.disk.freeBytes), bytesText(data.disk.reserveBytes))}
      </Section>
    </Page>
  );
}

function Answer({ data }: { data: Overview }) {
  const waiting = data.books.queued + data.books.sending;
  const paused = data.connectors.filter(({ state }) => state !== 'running');
  const oldest = Math.min(...data.lanes.flatMap(({ oldestAcceptedAt }) => oldestAcceptedAt ?? []));
  const [first] = paused;
  if (first === undefined)
    return (
      <MessageBar intent="success">
        <MessageBarBody>
          <MessageBarTitle>
            {waiting === 0 || !Number.isFinite(oldest)
              ? texts.overview.sendingNone
              : texts.overview.sending(waiting, spanText(data.now - oldest))}
          </MessageBarTitle>
        </MessageBarBody>
      </MessageBar>
    );
  const names = paused.map(({ name }) => name).join(', ');
  return (
    <MessageBar intent="error" layout="multiline">
      <MessageBarBody>
        <MessageBarTitle>
          {texts.overview.paused(names, spanText(data.now - (first.pause?.pausedAt ?? data.now)), waiting)}
        </MessageBarTitle>{' '}
        {first.pause ? `${first.pause.fault.meaning} ${first.pause.fault.remedy} (${first.pause.detail}) ` : ''}
        <To to="/connectors/smtp">{texts.overview.mendIt}</To>
      </MessageBarBody>
    </MessageBar>
  );
}

function Lanes({ data }: { data: Overview }) {
  const words = texts.overview.lane;
  return (
    <Section title={texts.overview.lanes}>
      <DataTable
        label={texts.overview.lanes}
        columns={Object.values(words)}
        rows={data.lanes.map((lane) => ({
          key: `${lane.connector} ${lane.sender}`,
          cells: cellsOf(words, {
            sender: lane.sender,
            connector: lane.connector,
            waiting: lane.queued,
            oldest: lane.oldestAcceptedAt === undefined ? '–' : spanText(data.now - lane.oldestAcceptedAt),
            limit:
              lane.messagesPerMinute === undefined
                ? texts.overview.unlimited
                : texts.overview.limits(lane.messagesPerMinute, lane.concurrency ?? 0, lane.recipientsPerDay ?? 0),
          }),
        }))}
      />
    </Section>
  );
}

function Failures({ data }: { data: Overview }) {
  const words = texts.overview.failure;
  return (
    <Section title={texts.overview.failures}>
      {data.failures.length === 0 ? (
        texts.overview.noFailures
      ) : (
        <DataTable
          label={texts.overview.failures}
          columns={Object.values(words)}
          rows={data.failures.map(({ fault, count, latestAt, exampleId }) => ({
            key: fault.code,
            cells: cellsOf(words, {
              count,
              latest: <Time at={latestAt} />,
              meaning: `${fault.meaning} (${fault.code})`,
              remedy: fault.remedy,
              show: <To to={`/messages/${exampleId}`}>{words.show}</To>,
            }),
          }))}
        />
      )}
    </Section>
  );
}
