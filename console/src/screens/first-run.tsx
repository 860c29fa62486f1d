/** The other end of a one-time link. The token stands behind the #, where no server and no log sees it. */
import { Text } from '@fluentui/react-components';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation, useNavigate } from 'react-router';
import { asked, client } from '../api.ts';
import { Credentials } from '../parts/credentials.tsx';
import { Loading, Trouble } from '../parts/small.tsx';
import { sessionKey } from '../session.ts';
import { texts } from '../texts.ts';

export function Component() {
  const { hash } = useLocation();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const token = hash.slice(1);
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const invited = useQuery({
    queryKey: ['invitation', token],
    enabled: token !== '',
    retry: false,
    queryFn: () => asked(client.POST('/api/first-run/look', { body: { token } })),
  });
  const fixed = invited.data?.name ?? undefined;
  const redeem = useMutation({
    mutationFn: () => asked(client.POST('/api/first-run', { body: { token, name: fixed ?? name, password } })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: sessionKey });
      const { connectors } = await asked(client.GET('/api/connectors'));
      // The link leaves the history: it is used up, and nobody needs it any more.
      navigate(connectors.length === 0 ? '/connectors/smtp' : '/', { replace: true });
    },
  });
  if (token === '') return <Text as="p">{texts.firstRun.noToken}</Text>;
  if (invited.isError) return <Trouble error={invited.error} />;
  if (!invited.data) return <Loading />;
  return (
    <Credentials
      title={texts.firstRun.title}
      words={<Text>{fixed === undefined ? texts.firstRun.first : texts.firstRun.invited(fixed)}</Text>}
      name={fixed ?? name}
      nameIsFixed={fixed !== undefined}
      isNew
      password={password}
      submit={texts.firstRun.submit}
      busy={redeem.isPending}
      error={redeem.error}
      onName={setName}
      onPassword={setPassword}
      onSubmit={() => redeem.mutate()}
    />
  );
}
