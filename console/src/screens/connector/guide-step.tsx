/** One step of the guide: the fields for what is brought back, and the look that stands before the next step. */
import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type SubmitEvent, useState } from 'react';
import { asked, client } from '../../api.ts';
import { type Check, passStep } from '../../check-stream.ts';
import { plainList } from '../../parts/plain-list.ts';
import { SettingField } from '../../parts/setting-field.tsx';
import { fieldProblem, otherProblem, type SettingsItem, textOf } from '../../parts/settings.ts';
import { Trouble } from '../../parts/small.tsx';
import { useMay } from '../../session.ts';
import { texts } from '../../texts.ts';
import { CheckLine } from '../checks.tsx';

const useStyles = makeStyles({
  form: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM, maxWidth: '560px' },
  buttons: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM, alignItems: 'center' },
  list: {
    ...plainList,
    gap: tokens.spacingVerticalS,
  },
});

type StepId = keyof typeof texts.guide.steps;
const fieldsOf = {
  'system-account': ['userName'],
  register: ['oauthClientId', 'tenantId'],
  secret: ['secret', 'endsOn'],
  permission: [],
  limit: ['forbidden'],
  send: [],
} as const satisfies Record<StepId, readonly string[]>;
type Key = (typeof fieldsOf)[StepId][number];

interface Wishes {
  readonly id: StepId;
  readonly name: string;
  readonly item: SettingsItem | undefined;
  readonly version: string;
  readonly answers: { readonly userName?: string | undefined; readonly forbidden?: string | undefined };
  readonly cloudValues: object;
  onPassed(): Promise<unknown>;
}

export function GuideStep({ id, name, item, version, answers, cloudValues, onPassed }: Wishes) {
  const words = texts.guide;
  const styles = useStyles();
  const may = useMay('administrator');
  const queries = useQueryClient();
  const known = item?.values ?? {};
  const [draft, setDraft] = useState<Readonly<Record<Key, string>>>({
    userName: textOf(known, 'userName') || (answers.userName ?? ''),
    oauthClientId: textOf(known, 'oauthClientId'),
    tenantId: textOf(known, 'tenantId'),
    secret: '',
    endsOn: '',
    forbidden: answers.forbidden ?? '',
  });
  /** Version of the settings after what was saved here. */
  const [seen, setSeen] = useState<string>();
  const [checks, setChecks] = useState<readonly Check[]>([]);
  const pass = useMutation({
    mutationFn: async (skips: boolean) => {
      setChecks([]);
      await save();
      const given = Object.fromEntries(
        (['userName', 'forbidden'] as const).flatMap((key) =>
          draft[key].trim() !== '' && fieldsOf[id].some((each) => each === key) ? [[key, draft[key].trim()]] : [],
        ),
      );
      const isPassed = await passStep(name, id, { answers: given, skips }, (check) =>
        setChecks((before) => [...before, check]),
      );
      // What was typed as a secret leaves the page.
      setDraft((before) => ({ ...before, secret: '' }));
      if (!isPassed) return isPassed;
      await onPassed();
      // Not before: the screen of a new connector would take the place of this one, and of what did not hold.
      await queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'job' });
      return isPassed;
    },
  });
  /** What belongs into the connector's settings is put there before it is looked at. */
  const save = async () => {
    const values = valuesToSave(id, draft, item, { userName: answers.userName, cloudValues });
    if (values === undefined) return;
    const path = { list: 'connectors' } as const;
    const body = { version: seen ?? version, values, make: [] };
    const isNew = item === undefined && seen === undefined;
    const answer = await (isNew
      ? asked(client.POST('/api/settings/{list}', { params: { path }, body: { name, ...body } }))
      : asked(client.PATCH('/api/settings/{list}/{name}', { params: { path: { ...path, name } }, body })));
    setSeen(answer.version);
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (may && !pass.isPending) pass.mutate(false);
  };
  const labels: Readonly<Record<Key, string>> = {
    userName: texts.connector.userName,
    oauthClientId: texts.connector.clientId,
    tenantId: texts.connector.tenantId,
    secret: texts.connector.secret,
    endsOn: words.secretEnds,
    forbidden: texts.limiting.forbidden,
  };
  const hints: Partial<Record<Key, string>> = { secret: texts.connector.secretHint, endsOn: words.secretEndsHint };
  const isRefused = pass.data === false;
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      {fieldsOf[id].map((key) => (
        <SettingField
          key={key}
          label={labels[key]}
          value={draft[key]}
          kind={key === 'secret' ? 'password' : 'text'}
          hint={hints[key]}
          placeholder={key === 'secret' && item?.secrets.includes('secret') ? texts.settings.secretReplace : undefined}
          error={fieldProblem(pass.error, key === 'endsOn' ? 'renewal' : key)}
          onChange={(value) => setDraft({ ...draft, [key]: value })}
        />
      ))}
      {checks.length > 0 ? (
        <ul className={styles.list} aria-live="polite">
          {checks.map((check) => (
            <CheckLine key={check.id} statement={check.statement} answer={check} isRunning={pass.isPending} />
          ))}
        </ul>
      ) : null}
      {isRefused ? <span role="status">{words.failed}</span> : null}
      <Trouble
        error={
          pass.isSuccess && pass.data === undefined
            ? new Error(words.brokeOff)
            : otherProblem(pass.error, [...fieldsOf[id], 'renewal'])
        }
      />
      <div className={styles.buttons}>
        <Button
          type="submit"
          appearance="primary"
          disabledFocusable={!may || pass.isPending}
          title={may ? undefined : texts.needs.administrator}
        >
          {pass.isPending ? words.looking : isRefused ? words.again : words.pass}
        </Button>
        {isRefused ? <Button onClick={() => pass.mutate(true)}>{words.skip}</Button> : null}
      </div>
    </form>
  );
}

/** What of a step belongs into the connector; undefined where there is nothing new. */
function valuesToSave(
  id: StepId,
  draft: Readonly<Record<Key, string>>,
  item: SettingsItem | undefined,
  { userName = '', cloudValues }: { readonly userName: string | undefined; readonly cloudValues: object },
): Record<string, unknown> | undefined {
  const text = (key: Key) => draft[key].trim();
  switch (id) {
    case 'system-account':
      return item && textOf(item.values, 'userName') !== text('userName') ? { userName: text('userName') } : undefined;
    case 'register': {
      const ids = { oauthClientId: text('oauthClientId'), tenantId: text('tenantId') };
      return item === undefined ? { ...ids, userName, ...cloudValues } : ids;
    }
    case 'secret': {
      const ends =
        text('endsOn') === '' ? {} : { renewal: { ...groupOf(item?.values['renewal']), endsOn: text('endsOn') } };
      return text('secret') === '' ? undefined : { secret: text('secret'), ...ends };
    }
    default:
      return undefined;
  }
}

function groupOf(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}
