/** Is mail going out? One sentence first, then what it rests on. */
import { MessageBar, MessageBarBody, MessageBarTitle, makeStyles, tokens } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { lazy } from 'react';
import { asked, client } from '../api.ts';
import { Apart } from '../parts/apart.tsx';
import { cellsOf, DataTable } from '../parts/data-table.tsx';
import { Lanes } from '../parts/lanes.tsx';
import { Loading, Page, Section, Time, To, Trouble } from '../parts/small.tsx';
import { connectorTones, messageTones, Stated } from '../parts/state.tsx';
import { bytesText, spanText } from '../parts/units.ts';
import { texts } from '../texts.ts';

const RateChart = lazy(() => import('./rate-chart.tsx'));
const dayMs = 86_400_000;

const useStyles = makeStyles({
  books: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fill, minmax(104px, 1fr))',
    gap: tokens.spacingHorizontalL,
    margin: 0,
  },
  figure: {
    fontSize: tokens.fontSizeHero700,
    lineHeight: tokens.lineHeightHero700,
    margin: 0,
    fontVariantNumeric: 'tabular-nums',
  },
  pair: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 320px), 1fr))',
    gap: tokens.spacingHorizontalL,
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
                <Stated tone={messageTones[state]} quiet={data.books[state] === 0}>
                  {texts.states[state]}
                </Stated>
              </dt>
              <dd className={styles.figure}>
                <To quiet to={`/messages?state=${state}`}>
                  {data.books[state].toLocaleString()}
                </To>
              </dd>
            </div>
          ))}
        </dl>
      </Section>
      <Section title={texts.overview.rate}>
        <Apart>
          <RateChart />
        </Apart>
      </Section>
      <Section title={texts.lanes.title}>
        <Lanes lanes={data.lanes} now={data.now} />
      </Section>
      <Failures data={data} />
      <div className={styles.pair}>
        <Section title={texts.overview.credentials}>
          <ul className={styles.list}>
            {data.connectors.map((connector) => (
              <li key={connector.name}>
                <To to="/connectors/smtp">{connector.name}</To>{' '}
                <Stated tone={connectorTones[connector.state]}>{texts.connectorStates[connector.state]}</Stated>.{' '}
                <Credential connector={connector} now={data.now} />
              </li>
            ))}
          </ul>
        </Section>
        <Section title={texts.overview.checks}>
          <Checks data={data} />
        </Section>
        <Section title={texts.overview.diskTitle}>
          {texts.overview.disk(bytesText(data.disk.freeBytes), bytesText(data.disk.reserveBytes))}
        </Section>
      </div>
    </Page>
  );
}

/** Older than this, something is slow, ms. */
const slowMs = 5 * 60_000;

function Answer({ data }: { data: Overview }) {
  const words = texts.overview;
  const waiting = data.books.queued + data.books.sending;
  const paused = data.connectors.filter(({ state }) => state !== 'running');
  const oldest = Math.min(...data.lanes.flatMap(({ oldestAcceptedAt }) => oldestAcceptedAt ?? []));
  const age = data.now - oldest;
  const [first] = paused;
  if (data.disk.freeBytes <= data.disk.reserveBytes)
    return <Told intent="error" title={words.full(bytesText(data.disk.freeBytes))} more={words.fullRemedy} />;
  if (first === undefined) {
    if (waiting === 0 || !Number.isFinite(oldest)) return <Told intent="success" title={words.sendingNone} />;
    const told = data.lanes.filter(({ waitsUntil }) => waitsUntil !== undefined);
    if (age < slowMs) return <Told intent="success" title={words.sending(waiting, spanText(age))} />;
    return (
      <Told
        intent="warning"
        title={words.slow(waiting, spanText(age))}
        more={told.length > 0 ? words.toldToWait(told.map(({ sender }) => sender).join(', ')) : words.slowRemedy}
      />
    );
  }
  const names = paused.map(({ name }) => name).join(', ');
  return (
    <MessageBar intent="error" layout="multiline">
      <MessageBarBody>
        <MessageBarTitle>
          {words.paused(names, spanText(data.now - (first.pause?.pausedAt ?? data.now)), waiting)}
        </MessageBarTitle>{' '}
        {first.pause ? `${first.pause.fault.meaning} ${first.pause.fault.remedy} (${first.pause.detail}) ` : ''}
        <To to="/connectors/smtp">{words.mendIt}</To>
      </MessageBarBody>
    </MessageBar>
  );
}

function Told({ intent, title, more }: { intent: 'success' | 'warning' | 'error'; title: string; more?: string }) {
  return (
    <MessageBar intent={intent} layout="multiline">
      <MessageBarBody>
        <MessageBarTitle>{title}</MessageBarTitle> {more}
      </MessageBarBody>
    </MessageBar>
  );
}

/** Days from which on an end is near, and very near. */
const soonDays = 30;
const veryNearDays = 7;

function Credential({ connector, now }: { connector: Overview['connectors'][number]; now: number }) {
  const words = texts.overview;
  const { credential, credentialEndsAt: end, credentialRenewsAt: renewal } = connector;
  if (credential !== 'secret' && credential !== 'certificate') return words.credentialOther[credential];
  if (end === undefined) return words.credentialSecret;
  const days = Math.floor((end - now) / dayMs);
  if (renewal !== undefined)
    return (
      <>
        <Stated tone="good">{words.credentialEnds(days)}</Stated> {words.renews} <Time at={renewal} />
      </>
    );
  const tone = days < veryNearDays ? 'bad' : days < soonDays ? 'warn' : 'good';
  return (
    <>
      <Stated tone={tone}>{words.credentialEnds(days)}</Stated> {words.renewsNot}
    </>
  );
}

function Checks({ data }: { data: Overview }) {
  const styles = useStyles();
  const words = texts.overview;
  if (data.checks.length === 0) return words.noChecks;
  return (
    <ul className={styles.list}>
      {data.checks.map(({ connector, at, passed, warned, failed, unknown, first }) => (
        <li key={connector}>
          <Stated tone={failed > 0 ? 'bad' : warned > 0 ? 'warn' : 'good'}>
            {words.checked(connector, passed, warned, failed, unknown)}
          </Stated>{' '}
          <Time at={at} />
          {first === undefined ? null : <div>{first}</div>}
        </li>
      ))}
    </ul>
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
