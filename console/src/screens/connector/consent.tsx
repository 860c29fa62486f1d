/** The link for whoever may grant Mail.Send, how much mail waits for it, and the grant, which shows by itself. */
import { Button, mergeClasses } from '@fluentui/react-components';
import { useMutation, useQuery } from '@tanstack/react-query';
import { asked, client } from '../../api.ts';
import { Copied, Trouble } from '../../parts/small.tsx';
import { Stated } from '../../parts/state.tsx';
import { useMay } from '../../session.ts';
import { texts } from '../../texts.ts';
import { usePartStyles } from './part-styles.ts';

/** So often it is looked for the grant while the link is out, ms. */
const lookMs = 15_000;

export function Consent({ connector: name }: { connector: string }) {
  const words = texts.setUp;
  const styles = usePartStyles();
  const may = useMay('administrator');
  const mayLook = useMay('operator');
  const params = { path: { name } };
  const look = useQuery({
    queryKey: ['consent', name],
    enabled: mayLook,
    queryFn: () => asked(client.GET('/api/connectors/{name}/consent', { params })),
    refetchInterval: ({ state }) => (state.data?.granted ? false : lookMs),
    retry: false,
  });
  const waiting = useQuery({
    queryKey: ['waiting-for', name],
    queryFn: () => asked(client.GET('/api/overview')),
    select: ({ lanes }) => lanes.filter((lane) => lane.connector === name).reduce((sum, lane) => sum + lane.queued, 0),
    refetchInterval: lookMs,
  });
  const link = useMutation({ mutationFn: () => asked(client.POST('/api/connectors/{name}/consent', { params })) });
  const isGranted = look.data?.granted;
  return (
    <div className={mergeClasses(styles.part, styles.below)}>
      <span>{words.consentIntro}</span>
      <div aria-live="polite" className={styles.buttons}>
        {isGranted === undefined ? null : (
          <Stated tone={isGranted ? 'good' : 'waiting'}>{isGranted ? words.granted : words.notGranted}</Stated>
        )}
        {waiting.data ? <span>{words.waitingMail(waiting.data)}</span> : null}
      </div>
      <div className={styles.buttons}>
        <Button
          disabledFocusable={!may || link.isPending}
          title={may ? undefined : texts.needs.administrator}
          onClick={() => link.mutate()}
        >
          {words.makeLink}
        </Button>
        <Button
          disabledFocusable={!mayLook || look.isFetching}
          title={mayLook ? undefined : texts.needs.operator}
          onClick={() => look.refetch()}
        >
          {words.lookNow}
        </Button>
      </div>
      {link.data ? <Copied value={link.data.link} what={words.makeLink} /> : null}
      <Trouble error={link.error ?? look.error} />
    </div>
  );
}
