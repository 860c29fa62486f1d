/** Settings > Connectors > eMail (SMTP), with the names of the printed manual. */
import { Button, Field, Input, MessageBar, MessageBarBody, makeStyles, tokens } from '@fluentui/react-components';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { asked, client, done } from '../api.ts';
import { Asked } from '../parts/asked.tsx';
import { Copied, Loading, Page, Section, Trouble } from '../parts/small.tsx';
import { connectorTones, Stated } from '../parts/state.tsx';
import { useMay } from '../session.ts';
import { texts } from '../texts.ts';
import { Checks } from './checks.tsx';

const useStyles = makeStyles({
  fields: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM, maxWidth: '560px' },
  row: { display: 'flex', gap: tokens.spacingHorizontalXS, alignItems: 'end' },
  input: { flexGrow: 1 },
  buttons: { display: 'flex', gap: tokens.spacingHorizontalM, alignItems: 'center' },
});

type Connectors = Awaited<ReturnType<typeof load>>;
const key = ['connectors'];
const load = () => asked(client.GET('/api/connectors'));

export function Component() {
  const { data, error, refetch } = useQuery({ queryKey: key, queryFn: load, refetchInterval: 10_000 });
  const words = texts.connector;
  return (
    <Page title={words.title} path={`${texts.nav.settings} › ${texts.nav.connectors} › ${texts.nav.smtp}`}>
      <MessageBar>
        <MessageBarBody>{words.fixed}</MessageBarBody>
      </MessageBar>
      <Trouble error={error} onRetry={() => refetch()} />
      {data ? null : error ? null : <Loading />}
      {data?.connectors.map((connector) => (
        <Connector key={connector.name} connector={connector} checks={data.checks} />
      ))}
    </Page>
  );
}

function Connector({
  connector,
  checks,
}: {
  connector: Connectors['connectors'][number];
  checks: Connectors['checks'];
}) {
  const words = texts.connector;
  const styles = useStyles();
  const fields = [
    [words.clientId, connector.oauthClientId],
    [words.tenantId, connector.tenantId],
    [words.server, connector.server],
    [words.userName, connector.userName],
  ] as const;
  return (
    <>
      <Section title={connector.name}>
        <Standing name={connector.name} state={connector.state} />
        <div className={styles.fields}>
          {fields.map(([label, value]) =>
            value === undefined ? null : (
              <div key={label} className={styles.row}>
                <Field label={label} className={styles.input}>
                  <Input value={value} readOnly />
                </Field>
                <Copied value="" copies={value} what={label} />
              </div>
            ),
          )}
          <Field label={words.secret}>
            <Input value={words.credentials[connector.credential]} readOnly />
          </Field>
          {connector.cloud === undefined ? null : (
            <Field label={words.cloud}>
              <Input value={connector.cloud} readOnly />
            </Field>
          )}
        </div>
      </Section>
      <Section title={words.checks}>
        <Checks connector={connector.name} checks={checks} />
      </Section>
    </>
  );
}

function Standing({ name, state }: { name: string; state: keyof typeof connectorTones }) {
  const words = texts.connector;
  const queries = useQueryClient();
  const may = useMay('operator');
  const [asking, setAsking] = useState(false);
  const action = state === 'running' ? 'pause' : 'resume';
  const change = useMutation({
    mutationFn: () => {
      const path = { params: { path: { name } } };
      return done(
        action === 'pause'
          ? client.POST('/api/connectors/{name}/pause', path)
          : client.POST('/api/connectors/{name}/resume', path),
      );
    },
    onSettled: async () => {
      setAsking(false);
      await queries.invalidateQueries();
    },
  });
  return (
    <div className={useStyles().buttons}>
      <Stated tone={connectorTones[state]}>{texts.connectorStates[state]}</Stated>
      <Button
        disabledFocusable={!may}
        title={may ? undefined : texts.needs.operator}
        onClick={() => (action === 'pause' ? setAsking(true) : change.mutate())}
      >
        {words[action]}
      </Button>
      <Trouble error={change.error} />
      {asking ? (
        <Asked
          title={words.pause}
          question={words.pauseQuestion(name)}
          submit={words.pause}
          onAnswer={(yes) => (yes ? change.mutate() : setAsking(false))}
        />
      ) : null}
    </div>
  );
}
