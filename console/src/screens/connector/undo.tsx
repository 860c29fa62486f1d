/** What the automatic way has made, and taking it back: shown first, then removed by an administrator's sign-in. */
import { Button } from '@fluentui/react-components';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { asked, client } from '../../api.ts';
import { Asked } from '../../parts/asked.tsx';
import { Foldable } from '../../parts/foldable.tsx';
import { useSignIn } from '../../parts/sign-in-choice.tsx';
import { Trouble } from '../../parts/small.tsx';
import { useBegun } from '../../parts/use-job.ts';
import { useMay } from '../../session.ts';
import { texts } from '../../texts.ts';
import { usePartStyles } from './part-styles.ts';

interface Wishes {
  readonly connector: string;
  /** Of the tenant, where no connector says it. */
  readonly order?: { readonly cloud: string | { login: string; graph: string }; readonly caFile?: string };
}

/** Nothing, where the automatic way has made nothing. */
export function Undo({ connector, order }: Wishes) {
  const words = texts.undoing;
  const styles = usePartStyles();
  const may = useMay('administrator');
  const signIn = useSignIn();
  const begun = useBegun();
  const [asking, setAsking] = useState(false);
  const params = { path: { connector } };
  const made = useQuery({
    queryKey: ['made', connector],
    enabled: may && connector !== '',
    queryFn: () => asked(client.GET('/api/setup/automatic/{connector}', { params })),
    select: ({ made: found }) => found,
  });
  const undo = useMutation({
    mutationFn: () =>
      asked(client.POST('/api/setup/automatic/{connector}/undo', { params, body: { ...order, signIn: signIn.body } })),
    onSuccess: begun,
  });
  if (!made.data) return <Trouble error={made.error} />;
  const { clientId, tenantId, credential, isGranted, hasConnector } = made.data;
  return (
    <Foldable title={words.title}>
      <div className={styles.part}>
        <span>{words.intro}</span>
        <ul>
          {clientId === undefined ? null : <li>{words.app(clientId, tenantId)}</li>}
          {isGranted ? <li>{words.granted}</li> : null}
          {credential === undefined ? null : <li>{words[credential]}</li>}
          {hasConnector ? <li>{words.connector(connector)}</li> : null}
        </ul>
        <span>{words.keeps}</span>
        {signIn.fields}
        <Button
          className={styles.button}
          disabledFocusable={!may || undo.isPending}
          title={may ? undefined : texts.needs.administrator}
          onClick={() => setAsking(true)}
        >
          {words.submit}
        </Button>
        <Trouble error={undo.error} />
      </div>
      {asking ? (
        <Asked
          title={words.title}
          question={words.question(connector)}
          submit={words.submit}
          onAnswer={(yes) => {
            setAsking(false);
            if (yes) undo.mutate();
          }}
        />
      ) : null}
    </Foldable>
  );
}
