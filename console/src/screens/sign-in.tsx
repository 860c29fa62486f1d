/** Sign-in; stands in place of the screen that was asked for, which comes back afterwards with what was typed there. */
import { Button, Field, Input, MessageBar, MessageBarBody, makeStyles, Text, tokens } from '@fluentui/react-components';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'react-router';
import { asked, baseUrl, client, ProblemError } from '../api.ts';
import { Credentials } from '../parts/credentials.tsx';
import { sessionKey } from '../session.ts';
import { texts } from '../texts.ts';

const useStyles = makeStyles({
  others: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
});
/** What the way back from Entra may say, by its code. */
const entraProblems: Readonly<Record<string, string>> = texts.signIn.entraProblems;

export default function SignIn({ inUse, entra, ended }: { inUse: boolean; entra: boolean; ended: boolean }) {
  const styles = useStyles();
  const words = texts.signIn;
  const queries = useQueryClient();
  const { pathname, search } = useLocation();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const onSuccess = () => queries.invalidateQueries({ queryKey: sessionKey });
  const signIn = useMutation({
    mutationFn: () =>
      asked(client.POST('/api/session', { body: { name, password, ...(code === '' ? {} : { code }) } })),
    onSuccess,
  });
  const passkey = useMutation({
    mutationFn: async () => {
      const { signInWithPasskey } = await import('../passkeys.ts');
      return signInWithPasskey();
    },
    onSuccess,
  });
  const wanted = problemCode(signIn.error);
  const wantsCode = wanted === 'code-required' || wanted === 'code-wrong' || code !== '';
  const came = new URLSearchParams(search).get('signIn') ?? '';
  const back = new URLSearchParams({ returnTo: `${pathname}${came === '' ? search : ''}` });
  return (
    <Credentials
      title={words.title}
      words={
        <>
          {ended ? <Text>{words.ended}</Text> : null}
          {came in entraProblems ? (
            <MessageBar intent="error" layout="multiline">
              <MessageBarBody>
                {entraProblems[came]} ({came})
              </MessageBarBody>
            </MessageBar>
          ) : null}
          {inUse || entra ? null : <Text>{words.noUser}</Text>}
        </>
      }
      name={name}
      password={password}
      submit={words.submit}
      busy={signIn.isPending}
      error={wanted === 'code-required' ? passkey.error : (signIn.error ?? passkey.error)}
      more={
        wantsCode ? (
          <Field label={words.code} hint={words.codeHint}>
            <Input
              value={code}
              autoFocus
              autoComplete="one-time-code"
              onChange={(_event, { value }) => setCode(value)}
            />
          </Field>
        ) : null
      }
      others={
        <div className={styles.others}>
          {window.PublicKeyCredential ? (
            <Button disabled={passkey.isPending} onClick={() => passkey.mutate()}>
              {words.passkey}
            </Button>
          ) : null}
          {entra ? (
            <Button as="a" href={`${baseUrl}/api/entra/sign-in?${back}`}>
              {words.entra}
            </Button>
          ) : null}
        </div>
      }
      onName={setName}
      onPassword={setPassword}
      onSubmit={() => signIn.mutate()}
    />
  );
}

function problemCode(error: unknown): string {
  return error instanceof ProblemError ? error.problem.code : '';
}
