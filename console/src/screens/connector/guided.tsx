/** The manual's steps beside the portal: where to go, what to copy, what to bring back, and a look before the next one. */
import { Link, makeStyles, tokens } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { asked, client, redirectUri } from '../../api.ts';
import { Foldable } from '../../parts/foldable.tsx';
import type { SettingsItem } from '../../parts/settings.ts';
import { textOf } from '../../parts/settings.ts';
import { Copied, Loading, Trouble } from '../../parts/small.tsx';
import { Stated } from '../../parts/state.tsx';
import { texts } from '../../texts.ts';
import { useCloud } from './cloud-choice.tsx';
import { GuideStep } from './guide-step.tsx';
import { usePartStyles } from './part-styles.ts';

const useStyles = makeStyles({
  list: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM, margin: 0, padding: 0 },
  item: { listStyleType: 'none' },
  step: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS, marginTop: tokens.spacingVerticalS },
});

const guideKey = (connector: string) => ['guide', connector];

/** How far somebody has come; undefined while it is not known. */
export function useGuideBegun(connector: string, may: boolean): boolean {
  const { data } = useGuide(connector, 'global', may);
  const done = data?.steps.filter((step) => step.done).length ?? 0;
  return done > 0 && done < (data?.steps.length ?? 0);
}

function useGuide(connector: string, cloud: string, may = true) {
  return useQuery({
    queryKey: [...guideKey(connector), cloud],
    enabled: may,
    queryFn: () =>
      asked(client.GET('/api/setup/guide/{connector}', { params: { path: { connector }, query: { cloud } } })),
  });
}

interface Wishes {
  readonly name: string;
  /** Undefined until the IDs are saved. */
  readonly item: SettingsItem | undefined;
  readonly version: string;
}

export function Guided({ name, item, version }: Wishes) {
  const words = texts.guide;
  const styles = useStyles();
  const { part } = usePartStyles();
  const cloud = useCloud();
  const guide = useGuide(name, cloud.portal);
  // A step that was passed closes, and the next one opens.
  const [passed, setPassed] = useState(0);
  if (!guide.data) return guide.error ? <Trouble error={guide.error} /> : <Loading />;
  const { steps, answers } = guide.data;
  const next = steps.find((step) => !step.done)?.id;
  const clientId = textOf(item?.values ?? {}, 'oauthClientId');
  const values = valuesFor(clientId, textOf(item?.values ?? {}, 'largeMessages') === 'upload');
  return (
    <div className={part}>
      <span>{words.intro}</span>
      {item === undefined ? cloud.fields : null}
      <ol className={styles.list}>
        {steps.map(({ id, link, done }, index) => (
          <li key={`${id} ${passed}`} className={styles.item}>
            <Stated tone={done ? 'good' : id === next ? 'waiting' : 'unknown'}>
              {done ? words.done : id === next ? words.next : words.later}
            </Stated>
            <Foldable title={words.step(index + 1, steps.length, words.steps[id].title)} opens={id === next}>
              <div className={styles.step}>
                {words.steps[id].lines.map((line) => (
                  <span key={line}>{line}</span>
                ))}
                {values[id].map(([label, value]) => (
                  <span key={label}>
                    {label}: <Copied value={value} what={label} />
                  </span>
                ))}
                <Link href={link} target="_blank" rel="noreferrer">
                  {`${words.openPortal}: ${words.steps[id].title}`}
                </Link>
                <GuideStep
                  {...{ id, name, item, version, answers }}
                  cloudValues={cloud.values}
                  onPassed={async () => {
                    await guide.refetch();
                    // Only now is it known which one is next.
                    setPassed((before) => before + 1);
                  }}
                />
              </div>
            </Foldable>
          </li>
        ))}
      </ol>
      {next === undefined ? <Stated tone="good">{words.finished}</Stated> : null}
    </div>
  );
}

/** What each step wants to be copied into the portal. */
function valuesFor(clientId: string, uploads: boolean): Record<keyof typeof texts.guide.steps, [string, string][]> {
  const { values, accountTypes } = texts.guide;
  const app: [string, string][] = clientId === '' ? [] : [[values.clientId, clientId]];
  return {
    'system-account': [],
    register: [
      [values.name, texts.product],
      [values.accountTypes, accountTypes],
      [values.redirectUri, redirectUri],
    ],
    secret: [[values.description, texts.product]],
    permission: [[values.permission, uploads ? 'Mail.Send, Mail.ReadWrite' : 'Mail.Send']],
    limit: app,
    send: [],
  };
}
