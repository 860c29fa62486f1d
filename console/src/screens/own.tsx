/** One's own sign-in: where one is signed in, codes of an authenticator app, passkeys. */
import { Button, Field, Input, MessageBar, MessageBarBody, makeStyles, tokens } from '@fluentui/react-components';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { lazy, type ReactNode, type SubmitEvent, Suspense, useState } from 'react';
import { asked, client, done } from '../api.ts';
import { cellsOf, DataTable } from '../parts/data-table.tsx';
import { Code, Copied, Loading, Page, Section, Time, Trouble } from '../parts/small.tsx';
import { Stated } from '../parts/state.tsx';
import { texts } from '../texts.ts';
import { OwnPassword } from './own-password.tsx';

const QrCode = lazy(() => import('../parts/qr-code.tsx').then((part) => ({ default: part.QrCode })));
const words = texts.own;
const key = ['own'];
const load = () => asked(client.GET('/api/me'));
type Own = Awaited<ReturnType<typeof load>>;

const useStyles = makeStyles({
  form: { display: 'flex', flexWrap: 'wrap', alignItems: 'end', gap: tokens.spacingHorizontalM },
  steps: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalXXL, alignItems: 'start' },
});

export function Component() {
  const { data, error, refetch } = useQuery({ queryKey: key, queryFn: load });
  return (
    <Page title={words.title}>
      <Trouble error={error} onRetry={() => refetch()} />
      {data ? (
        <>
          <Sessions own={data} />
          {data.hasPassword ? (
            <>
              <OwnPassword queryKey={key} />
              <Codes own={data} />
            </>
          ) : (
            <p>{words.byEntra}</p>
          )}
          <Passkeys own={data} />
        </>
      ) : error ? null : (
        <Loading />
      )}
    </Page>
  );
}

/** What is said anew after a change. */
function useAgain() {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: key });
}

function Sessions({ own: { sessions } }: { own: Own }) {
  const again = useAgain();
  const end = useMutation({
    mutationFn: (id: string) => done(client.DELETE('/api/me/sessions/{id}', { params: { path: { id } } })),
    onSettled: again,
  });
  return (
    <Section title={words.sessions}>
      <Trouble error={end.error} />
      <DataTable
        label={words.sessions}
        columns={Object.values(words.sessionColumns)}
        rows={sessions.map(({ id, startedAt, seenAt, address, agent, way, here }) => ({
          key: id,
          cells: cellsOf(words.sessionColumns, {
            since: <Time at={startedAt} />,
            seen: here ? words.now : <Time at={seenAt} />,
            from: address,
            by: words.ways[way],
            agent,
            end: here ? (
              words.here
            ) : (
              <Button size="small" aria-label={words.endOf(address)} onClick={() => end.mutate(id)}>
                {words.end}
              </Button>
            ),
          }),
        }))}
      />
    </Section>
  );
}

function Codes({ own: { codes, recoveryLeft } }: { own: Own }) {
  const again = useAgain();
  const [recovery, setRecovery] = useState<readonly string[]>();
  const enrol = useMutation({
    mutationFn: (password: string) => asked(client.POST('/api/me/codes', { body: { password } })),
  });
  const confirm = useMutation({
    mutationFn: (code: string) => asked(client.POST('/api/me/codes/confirm', { body: { code } })),
    onSuccess: async ({ recoveryCodes }) => {
      setRecovery(recoveryCodes);
      enrol.reset();
      await again();
    },
  });
  const remove = useMutation({
    mutationFn: (password: string) => done(client.POST('/api/me/codes/remove', { body: { password } })),
    onSuccess: async () => {
      setRecovery(undefined);
      await again();
    },
  });
  return (
    <Section title={words.codes}>
      <p>{words.codesIntro}</p>
      {recovery ? (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>
            {words.recovery}
            <Code>{recovery.join('\n')}</Code>
          </MessageBarBody>
        </MessageBar>
      ) : null}
      {codes ? (
        <>
          <Stated tone="good">{words.codesSet(recoveryLeft)}</Stated>
          <Asking
            label={words.password}
            secret
            submit={words.removeCodes}
            error={remove.error}
            onSubmit={remove.mutate}
          />
        </>
      ) : enrol.data ? (
        <Scan uri={enrol.data.uri} secret={enrol.data.secret} error={confirm.error} onCode={confirm.mutate} />
      ) : (
        <Asking label={words.password} secret submit={words.setUpCodes} error={enrol.error} onSubmit={enrol.mutate} />
      )}
    </Section>
  );
}

function Scan({
  uri,
  secret,
  error,
  onCode,
}: {
  uri: string;
  secret: string;
  error: unknown;
  onCode: (code: string) => void;
}) {
  return (
    <div className={useStyles().steps}>
      <Suspense fallback={<Loading />}>
        <QrCode text={uri} label={words.qr} />
      </Suspense>
      <div>
        <p>{words.scan}</p>
        <p>
          {words.byHand} <Copied value={secret} what={words.byHand} />
        </p>
        <Asking label={texts.signIn.code} submit={words.confirm} error={error} onSubmit={onCode} />
      </div>
    </div>
  );
}

function Passkeys({ own: { passkeys, hasPassword } }: { own: Own }) {
  const again = useAgain();
  const [name, setName] = useState('');
  const add = useMutation({
    mutationFn: async (password: string) => {
      const { addPasskey } = await import('../passkeys.ts');
      await addPasskey(name, password);
    },
    onSuccess: async () => {
      setName('');
      await again();
    },
  });
  const remove = useMutation({
    mutationFn: (id: string) => done(client.DELETE('/api/me/passkeys/{id}', { params: { path: { id } } })),
    onSettled: again,
  });
  return (
    <Section title={words.passkeys}>
      <p>{words.passkeysIntro}</p>
      <Trouble error={remove.error} />
      {passkeys.length === 0 ? null : (
        <DataTable
          label={words.passkeys}
          columns={Object.values(words.passkeyColumns)}
          rows={passkeys.map(({ id, name: of, createdAt, usedAt }) => ({
            key: id,
            cells: cellsOf(words.passkeyColumns, {
              name: of,
              made: <Time at={createdAt} />,
              used: usedAt === null ? texts.users.never : <Time at={usedAt} />,
              forget: (
                <Button size="small" aria-label={words.forgetOf(of)} onClick={() => remove.mutate(id)}>
                  {words.forget}
                </Button>
              ),
            }),
          }))}
        />
      )}
      {window.PublicKeyCredential ? (
        <Asking
          label={hasPassword ? words.password : undefined}
          secret
          submit={words.addPasskey}
          error={add.error}
          onSubmit={add.mutate}
          before={
            <Field label={words.passkeyName}>
              <Input value={name} required onChange={(_event, { value }) => setName(value)} />
            </Field>
          }
        />
      ) : (
        words.noPasskeys
      )}
    </Section>
  );
}

/** One thing to type, and a button. */
function Asking({
  label,
  secret = false,
  submit,
  error,
  before,
  onSubmit,
}: {
  label: string | undefined;
  secret?: boolean;
  submit: string;
  error: unknown;
  before?: ReactNode;
  onSubmit: (typed: string) => void;
}) {
  const [typed, setTyped] = useState('');
  const go = (event: SubmitEvent) => {
    event.preventDefault();
    onSubmit(typed);
    setTyped('');
  };
  return (
    <>
      <form className={useStyles().form} onSubmit={go}>
        {before}
        {label === undefined ? null : (
          <Field label={label}>
            <Input
              type={secret ? 'password' : 'text'}
              autoComplete={secret ? 'current-password' : 'one-time-code'}
              value={typed}
              required
              onChange={(_event, { value }) => setTyped(value)}
            />
          </Field>
        )}
        <Button type="submit">{submit}</Button>
      </form>
      <Trouble error={error} />
    </>
  );
}
