/** Settings > Connectors > eMail (SMTP), with the names of the printed manual: saved here, live at once, proven in place. */
import {
  Button,
  Field,
  MessageBar,
  MessageBarBody,
  MessageBarTitle,
  makeStyles,
  Radio,
  RadioGroup,
  tokens,
} from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { asked, client } from '../api.ts';
import { Asked } from '../parts/asked.tsx';
import { Foldable } from '../parts/foldable.tsx';
import { SettingField } from '../parts/setting-field.tsx';
import { type Settings, type SettingsItem, useRemove, useSettings } from '../parts/settings.ts';
import { Loading, Page, Section, Trouble } from '../parts/small.tsx';
import { useLastJob } from '../parts/use-job.ts';
import { useMay } from '../session.ts';
import { texts } from '../texts.ts';
import { Checks } from './checks.tsx';
import { Automatic } from './connector/automatic.tsx';
import { Care } from './connector/care.tsx';
import { ConnectorForm } from './connector/connector-form.tsx';
import { Guided, useGuideBegun } from './connector/guided.tsx';
import { Import } from './connector/import.tsx';
import { Standing } from './connector/standing.tsx';

const useStyles = makeStyles({
  buttons: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM, alignItems: 'center' },
});

type Connectors = Awaited<ReturnType<typeof load>>;
type Connector = Connectors['connectors'][number];
const load = () => asked(client.GET('/api/connectors'));

export function Component() {
  const words = texts.connector;
  const connectors = useQuery({ queryKey: ['connectors'], queryFn: load, refetchInterval: 10_000 });
  const settings = useSettings('connectors');
  const [adding, setAdding] = useState(false);
  const may = useMay('administrator');
  const styles = useStyles();
  const [saved, setSaved] = useState({ name: '', times: 0 });
  const onSaved = (name: string) => {
    setAdding(false);
    setSaved(({ times }) => ({ name, times: times + 1 }));
  };
  const error = connectors.error ?? settings.error;
  const isEmpty = settings.data?.items.length === 0;
  return (
    <Page title={words.title} path={`${texts.nav.settings} › ${texts.nav.connectors} › ${texts.nav.smtp}`}>
      <Trouble error={error} onRetry={() => Promise.all([connectors.refetch(), settings.refetch()])} />
      {(connectors.data && settings.data) || error ? null : <Loading />}
      {isEmpty ? (
        <MessageBar intent="info" layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{words.none}</MessageBarTitle> {words.noneHow}
          </MessageBarBody>
        </MessageBar>
      ) : null}
      {connectors.data && settings.data
        ? settings.data.items.map((item) => (
            <OneConnector
              key={item.name}
              item={item}
              settings={settings.data}
              connector={connectors.data.connectors.find(({ name }) => name === item.name)}
              checks={connectors.data.checks}
              proves={saved.name === item.name ? saved.times : 0}
              onSaved={onSaved}
            />
          ))
        : null}
      {settings.data && (isEmpty || adding) ? (
        <Section title={words.newTitle}>
          <NewConnector name={isEmpty ? 'default' : ''} version={settings.data.version} onSaved={onSaved} />
        </Section>
      ) : null}
      {settings.data && !isEmpty && !adding ? (
        <div className={styles.buttons}>
          <Button
            disabledFocusable={!may}
            title={may ? undefined : texts.needs.administrator}
            onClick={() => setAdding(true)}
          >
            {words.addAnother}
          </Button>
        </div>
      ) : null}
    </Page>
  );
}

type Way = keyof typeof texts.setUp.way;
const ways: readonly Way[] = ['values', 'automatic', 'guided', 'import'];

function NewConnector(wishes: { name: string; version: string; onSaved: (name: string) => void }) {
  const words = texts.setUp;
  const [chosen, setWay] = useState<Way>();
  const [name, setName] = useState(wishes.name);
  const isUnderWay = useLastJob(name, 'automatic')?.state === 'running';
  const isGuided = useGuideBegun(name || 'default', useMay('administrator'));
  const way = chosen ?? (isUnderWay ? 'automatic' : isGuided ? 'guided' : 'values');
  return (
    <>
      <Field label={words.ways}>
        <RadioGroup
          value={way}
          onChange={(_event, { value }) => setWay(ways.find((each) => each === value) ?? 'values')}
        >
          {ways.map((each) => (
            <Radio key={each} value={each} label={words.way[each]} />
          ))}
        </RadioGroup>
      </Field>
      {(way === 'automatic' || way === 'guided') && wishes.name === '' ? (
        <SettingField label={texts.settings.name} value={name} hint={texts.settings.nameHint} onChange={setName} />
      ) : null}
      {way === 'automatic' ? <Automatic connector={name} /> : null}
      {way === 'guided' ? <Guided name={name} item={undefined} version={wishes.version} /> : null}
      {way === 'import' ? <Import version={wishes.version} /> : null}
      {way === 'values' ? <ConnectorForm item={undefined} credential={undefined} {...wishes} /> : null}
    </>
  );
}

function OneConnector({
  item,
  settings,
  connector,
  checks,
  proves,
  onSaved,
}: {
  item: SettingsItem;
  settings: Settings;
  connector: Connector | undefined;
  checks: Connectors['checks'];
  /** Counts the savings of this connector here: each is proven at once. */
  proves: number;
  onSaved: (name: string) => void;
}) {
  const words = texts.connector;
  return (
    <>
      <Section title={item.name}>
        {connector ? (
          <Standing name={item.name} state={connector.state} />
        ) : (
          <MessageBar intent="warning" layout="multiline">
            <MessageBarBody>{words.unfinished}</MessageBarBody>
          </MessageBar>
        )}
        <ConnectorForm
          item={item}
          credential={connector?.credential}
          name={item.name}
          version={settings.version}
          onSaved={onSaved}
        />
        {proves > 0 ? (
          <MessageBar intent="success">
            <MessageBarBody>{connector ? texts.settings.saved : words.savedUnfinished}</MessageBarBody>
          </MessageBar>
        ) : null}
        {connector && connector.kind !== 'smtp' ? (
          <Care connector={item.name} userName={connector.userName} uploads={connector.largeMessages === 'upload'} />
        ) : null}
        {connector?.kind === 'smtp' || item.fixedBy !== undefined ? null : (
          <StepByStep item={item} version={settings.version} />
        )}
        {item.fixedBy === undefined ? <Remove name={item.name} version={settings.version} /> : null}
      </Section>
      {connector ? (
        <Section title={words.checks}>
          <Checks connector={item.name} checks={checks} proves={proves} />
        </Section>
      ) : null}
    </>
  );
}

/** Open for whoever has begun, also after the page was loaded anew. */
function StepByStep({ item, version }: { item: SettingsItem; version: string }) {
  const opens = useGuideBegun(item.name, useMay('administrator'));
  return (
    <Foldable title={texts.setUp.way.guided} opens={opens}>
      <Guided name={item.name} item={item} version={version} />
    </Foldable>
  );
}

function Remove({ name, version }: { name: string; version: string }) {
  const words = texts.connector;
  const may = useMay('administrator');
  const styles = useStyles();
  const remove = useRemove('connectors', version);
  const [asking, setAsking] = useState(false);
  const waiting = useQuery({
    queryKey: ['waiting-for', name],
    enabled: asking,
    queryFn: () => asked(client.GET('/api/overview')),
    select: ({ lanes }) => lanes.filter((lane) => lane.connector === name).reduce((sum, lane) => sum + lane.queued, 0),
  });
  return (
    <div className={styles.buttons}>
      <Button
        appearance="subtle"
        disabledFocusable={!may}
        title={may ? undefined : texts.needs.administrator}
        onClick={() => setAsking(true)}
      >
        {texts.settings.remove}
      </Button>
      <Trouble error={remove.error} />
      {asking ? (
        <Asked
          title={words.removeTitle}
          question={waiting.data === undefined ? texts.actions.counting : words.removeQuestion(name, waiting.data)}
          submit={texts.settings.remove}
          impossible={waiting.data === undefined}
          onAnswer={(yes) => {
            setAsking(false);
            if (yes) remove.mutate(name);
          }}
        />
      ) : null}
    </div>
  );
}
