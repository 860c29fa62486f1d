/** The form of sign-in and of one-time links. */
import { Button, Field, Input, makeStyles, Title2, tokens } from '@fluentui/react-components';
import { type ReactNode, type SubmitEvent, useEffect } from 'react';
import { texts } from '../texts.ts';
import { Trouble } from './small.tsx';

const useStyles = makeStyles({
  place: {
    display: 'flex',
    justifyContent: 'center',
    alignItems: 'start',
    boxSizing: 'border-box',
    minHeight: '100vh',
    padding: tokens.spacingHorizontalL,
    backgroundColor: tokens.colorNeutralBackground3,
  },
  form: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalL,
    width: '100%',
    boxSizing: 'border-box',
    maxWidth: '440px',
    marginTop: '10vh',
    padding: tokens.spacingHorizontalXXXL,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    '@media (max-width: 500px)': { padding: tokens.spacingHorizontalL, marginTop: 0 },
  },
  heading: { margin: 0 },
});

interface Wishes {
  readonly title: string;
  readonly words?: ReactNode;
  readonly name: string;
  readonly password: string;
  readonly nameIsFixed?: boolean;
  readonly isNew?: boolean;
  readonly submit: string;
  readonly busy: boolean;
  readonly error: unknown;
  /** Between the password and the button. */
  readonly more?: ReactNode;
  /** Below the button: other ways. */
  readonly others?: ReactNode;
  onName(name: string): void;
  onPassword(password: string): void;
  onSubmit(): void;
}

export function Credentials(wishes: Wishes) {
  const styles = useStyles();
  const { title, words, name, password, busy, error, isNew = false, nameIsFixed = false } = wishes;
  useEffect(() => {
    document.title = `${title} – ${texts.product}`;
  }, [title]);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    wishes.onSubmit();
  };
  return (
    <main className={styles.place}>
      <form className={styles.form} onSubmit={submit}>
        <Title2 as="h1" className={styles.heading}>{`${texts.product} – ${title}`}</Title2>
        {words}
        <Field label={texts.signIn.name}>
          <Input
            value={name}
            readOnly={nameIsFixed}
            autoComplete="username webauthn"
            required
            onChange={(_event, { value }) => wishes.onName(value)}
          />
        </Field>
        <Field label={texts.signIn.password} hint={isNew ? texts.firstRun.hint : null}>
          <Input
            type="password"
            value={password}
            autoComplete={isNew ? 'new-password' : 'current-password'}
            required
            minLength={isNew ? 12 : undefined}
            onChange={(_event, { value }) => wishes.onPassword(value)}
          />
        </Field>
        {wishes.more}
        <Trouble error={error} />
        <Button type="submit" appearance="primary" disabled={busy}>
          {wishes.submit}
        </Button>
        {wishes.others}
      </form>
    </main>
  );
}
