/** Who may use the console. Passwords are never seen here: everybody sets their own, by a one-time link. */
import {
  Button,
  Field,
  Input,
  MessageBar,
  MessageBarBody,
  makeStyles,
  Select,
  tokens,
} from '@fluentui/react-components';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type SubmitEvent, useState } from 'react';
import { asked, baseUrl, client, done } from '../api.ts';
import { cellsOf, DataTable } from '../parts/data-table.tsx';
import { Copied, Loading, Page, Section, Time, Trouble } from '../parts/small.tsx';
import type { Role } from '../session.ts';
import { texts } from '../texts.ts';

const useStyles = makeStyles({
  form: { display: 'flex', flexWrap: 'wrap', alignItems: 'end', gap: tokens.spacingHorizontalM },
  buttons: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalXS },
});

const roles = ['viewer', 'operator', 'administrator'] as const;
const roleOf = (text: string): Role => roles.find((role) => role === text) ?? 'viewer';
const usersKey = ['users'];

type Users = Awaited<ReturnType<typeof load>>;
type User = Users['users'][number];
const load = () => asked(client.GET('/api/users'));

export function Component() {
  const words = texts.users;
  const styles = useStyles();
  const queries = useQueryClient();
  const [link, setLink] = useState<string>();
  const { data, error, refetch } = useQuery({ queryKey: usersKey, queryFn: load });
  const onSuccess = () => queries.invalidateQueries({ queryKey: usersKey });
  const path = (id: string) => ({ params: { path: { id } } });
  const change = useMutation({
    mutationFn: ({ id, ...body }: { id: string; role?: Role; disabled?: boolean }) =>
      asked(client.PATCH('/api/users/{id}', { ...path(id), body })),
    onSuccess,
  });
  const invite = useMutation({
    mutationFn: (id: string) => asked(client.POST('/api/users/{id}/invitation', path(id))),
    onSuccess: ({ token }) => setLink(linkOf(token)),
  });
  const signOut = useMutation({
    mutationFn: (id: string) => done(client.DELETE('/api/users/{id}/sessions', path(id))),
    onSuccess,
  });
  const resetFactor = useMutation({
    mutationFn: (id: string) => done(client.DELETE('/api/users/{id}/second-factor', path(id))),
    onSuccess,
  });
  const action = (name: string, text: string, act: () => void) => (
    <Button size="small" aria-label={words.actionsOf(text, name)} onClick={act}>
      {text}
    </Button>
  );
  const row = (user: User) => ({
    key: user.id,
    cells: cellsOf(words.columns, {
      name: `${user.name}${user.disabled ? ` (${words.disabled})` : ''}${user.ofEntra ? ` (${words.ofEntra})` : user.hasPassword ? '' : ` (${words.noPassword})`}`,
      role: (
        <Select
          size="small"
          aria-label={words.roleOf(user.name)}
          value={user.role}
          onChange={(_event, { value }) => change.mutate({ id: user.id, role: roleOf(value) })}
        >
          <RoleOptions />
        </Select>
      ),
      seen: user.lastSeenAt === null ? words.never : <Time at={user.lastSeenAt} />,
      sessions: user.sessions,
      actions: (
        <div className={styles.buttons}>
          {action(user.name, user.disabled ? words.enable : words.disable, () =>
            change.mutate({ id: user.id, disabled: !user.disabled }),
          )}
          {user.ofEntra ? null : action(user.name, words.invite, () => invite.mutate(user.id))}
          {action(user.name, words.signOut, () => signOut.mutate(user.id))}
          {user.secondFactor ? action(user.name, words.resetFactor, () => resetFactor.mutate(user.id)) : null}
        </div>
      ),
    }),
  });
  return (
    <Page title={words.title}>
      <Trouble
        error={error ?? change.error ?? invite.error ?? signOut.error ?? resetFactor.error}
        onRetry={() => refetch()}
      />
      {link === undefined ? null : (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>
            {words.link} <Copied value={link} what={words.invite} />
          </MessageBarBody>
        </MessageBar>
      )}
      {data ? (
        <DataTable label={words.title} columns={Object.values(words.columns)} rows={data.users.map(row)} />
      ) : error ? null : (
        <Loading />
      )}
      <AddUser onAdded={(token) => setLink(linkOf(token))} />
    </Page>
  );
}

function linkOf(token: string): string {
  return `${baseUrl}/first-run#${token}`;
}

function RoleOptions() {
  return roles.map((role) => (
    <option key={role} value={role}>
      {texts.roles[role]}
    </option>
  ));
}

function AddUser({ onAdded }: { onAdded: (token: string) => void }) {
  const words = texts.users;
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const add = useMutation({
    mutationFn: () => asked(client.POST('/api/users', { body: { name, role } })),
    onSuccess: async ({ token }) => {
      onAdded(token);
      setName('');
      await queries.invalidateQueries({ queryKey: usersKey });
    },
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    add.mutate();
  };
  return (
    <Section title={words.add}>
      <form className={useStyles().form} onSubmit={submit}>
        <Field label={words.name}>
          <Input value={name} required onChange={(_event, { value }) => setName(value)} />
        </Field>
        <Field label={words.role}>
          <Select value={role} onChange={(_event, { value }) => setRole(roleOf(value))}>
            <RoleOptions />
          </Select>
        </Field>
        <Button type="submit" disabled={add.isPending}>
          {words.submit}
        </Button>
      </form>
      <Trouble error={add.error} />
    </Section>
  );
}
