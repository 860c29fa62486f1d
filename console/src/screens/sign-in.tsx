/** Sign-in; stands in place of the screen that was asked for, which comes back afterwards. */
import { Text } from '@fluentui/react-components';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { asked, client } from '../api.ts';
import { Credentials } from '../parts/credentials.tsx';
import { sessionKey } from '../session.ts';
import { texts } from '../texts.ts';

export default function SignIn({ inUse }: { inUse: boolean }) {
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const signIn = useMutation({
    mutationFn: () => asked(client.POST('/api/session', { body: { name, password } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: sessionKey }),
  });
  return (
    <Credentials
      title={texts.signIn.title}
      words={inUse ? undefined : <Text>{texts.signIn.noUser}</Text>}
      name={name}
      password={password}
      submit={texts.signIn.submit}
      busy={signIn.isPending}
      error={signIn.error}
      onName={setName}
      onPassword={setPassword}
      onSubmit={() => signIn.mutate()}
    />
  );
}
