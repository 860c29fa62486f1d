/** Changing one's own password: the old one once more, and every other session of one's own ends. */
import { Button, Field, Input, makeStyles, tokens } from '@fluentui/react-components';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type SubmitEvent, useState } from 'react';
import { client, done } from '../api.ts';
import { Section, Trouble } from '../parts/small.tsx';
import { Stated } from '../parts/state.tsx';
import { texts } from '../texts.ts';

const words = texts.own;

const useStyles = makeStyles({
  form: { display: 'flex', flexWrap: 'wrap', alignItems: 'start', gap: tokens.spacingHorizontalM },
  // In line with the boxes, whose labels stand above them.
  button: { marginTop: '26px' },
});

export function OwnPassword({ queryKey }: { queryKey: readonly string[] }) {
  const styles = useStyles();
  const queries = useQueryClient();
  const [password, setPassword] = useState('');
  const [next, setNext] = useState('');
  const change = useMutation({
    mutationFn: () => done(client.POST('/api/me/password', { body: { password, next } })),
    onSuccess: async () => {
      setPassword('');
      setNext('');
      await queries.invalidateQueries({ queryKey });
    },
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    change.mutate();
  };
  return (
    <Section title={words.changePassword}>
      <form className={styles.form} onSubmit={submit}>
        <Field label={words.oldPassword}>
          <Input
            type="password"
            autoComplete="current-password"
            value={password}
            required
            onChange={(_event, { value }) => setPassword(value)}
          />
        </Field>
        <Field label={words.newPassword} hint={texts.firstRun.hint}>
          <Input
            type="password"
            autoComplete="new-password"
            value={next}
            required
            minLength={12}
            onChange={(_event, { value }) => setNext(value)}
          />
        </Field>
        <Button type="submit" className={styles.button} disabledFocusable={change.isPending}>
          {words.change}
        </Button>
      </form>
      <Trouble error={change.error} />
      <div role="status">{change.isSuccess ? <Stated tone="good">{words.changed}</Stated> : null}</div>
    </Section>
  );
}
