/** The fields of one connector under the names of the printed manual, with Save. Saved secrets never come back. */
import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { type SubmitEvent, useState } from 'react';
import { SettingField } from '../../parts/setting-field.tsx';
import { fieldProblem, otherProblem, type SettingsItem, useSave } from '../../parts/settings.ts';
import { Trouble } from '../../parts/small.tsx';
import { useMay } from '../../session.ts';
import { texts } from '../../texts.ts';
import { changesOf, draftOf, plainKeys } from './connector-draft.ts';

const useStyles = makeStyles({
  form: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM, maxWidth: '560px' },
  more: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM, marginTop: tokens.spacingVerticalM },
  buttons: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM, alignItems: 'center' },
});

const pairs = (labels: Readonly<Record<string, string>>) => Object.entries(labels);
const shownFields = [
  ...plainKeys.microsoft,
  ...plainKeys.smtp,
  'kind',
  'cloud',
  'secret',
  'certificate',
  'password',
  'name',
];

interface Wishes {
  /** Undefined: a new one is made. */
  readonly item: SettingsItem | undefined;
  readonly credential: keyof typeof texts.connector.credentials | undefined;
  readonly name: string;
  readonly version: string;
  onSaved(name: string): void;
}

export function ConnectorForm({ item, credential, name, version, onSaved }: Wishes) {
  const styles = useStyles();
  const words = texts.connector;
  const may = useMay('administrator');
  const [draft, setDraft] = useState(() => draftOf(item, name));
  const save = useSave('connectors', version, (saved) => {
    // What was typed as a secret leaves the page with its saving.
    const { secret: _s, password: _p, certificate: _c, key: _k, ...rest } = draft.texts;
    setDraft({ ...draft, texts: rest });
    onSaved(saved);
  });
  const changes = changesOf(draft, item);
  const isChanged = Object.keys(changes).length > 0;
  const isMicrosoft = draft.kind !== 'smtp';
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!may || !isChanged || save.isPending) return;
    save.mutate({ name: draft.name, isNew: item === undefined, values: changes });
  };
  const fixedBy = (key: string) => (may ? item?.fixed[key] : (item?.fixed[key] ?? ''));
  const field = (key: string, label: string, wishes: Partial<Parameters<typeof SettingField>[0]> = {}) => (
    <SettingField
      label={label}
      value={draft.texts[key] ?? ''}
      fixed={fixedBy(key)}
      error={fieldProblem(save.error, key)}
      onChange={(value) => setDraft({ ...draft, texts: { ...draft.texts, [key]: value } })}
      {...wishes}
    />
  );
  const secretField = (key: 'secret' | 'password', label: string, hint?: string) => {
    const isSet = item?.secrets.includes(key) ?? false;
    const fixed = fixedBy(key);
    return field(key, label, {
      kind: 'password',
      hint,
      ...(fixed === undefined
        ? {}
        : { value: credential ? words.credentials[credential] : isSet ? texts.settings.secretSet : '' }),
      placeholder: isSet ? texts.settings.secretReplace : undefined,
    });
  };
  const choice = (
    key: 'kind' | 'proof' | 'cloud',
    label: string,
    options: Readonly<Record<string, string>>,
    fixed?: string,
  ) => (
    <SettingField
      label={label}
      value={draft[key]}
      fixed={fixed}
      error={fieldProblem(save.error, key)}
      options={pairs(options)}
      onChange={(value) => setDraft({ ...draft, [key]: value })}
    />
  );
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      {item === undefined ? (
        <>
          <SettingField
            label={texts.settings.name}
            value={draft.name}
            error={fieldProblem(save.error, 'name')}
            hint={texts.settings.nameHint}
            onChange={(value) => setDraft({ ...draft, name: value })}
          />
          {choice('kind', words.kind, words.kinds)}
        </>
      ) : null}
      {isMicrosoft ? (
        <>
          {field('oauthClientId', words.clientId, { hint: words.clientIdHint, copies: true })}
          {field('tenantId', words.tenantId, { hint: words.tenantIdHint, copies: true })}
          {field('userName', words.userName, { hint: words.userNameHint, copies: true })}
          {draft.proof === 'secret' ? secretField('secret', words.secret, words.secretHint) : null}
          {draft.proof === 'certificate' && fixedBy('certificate') === undefined ? (
            <>
              {field('certificate', words.certificate, {
                kind: 'pem',
                hint: words.pemHint,
                placeholder: item?.secrets.includes('certificate') ? texts.settings.secretReplace : undefined,
              })}
              {field('key', words.key, {
                kind: 'pem',
                hint: words.pemHint,
                error: undefined,
                placeholder: item?.secrets.includes('certificate') ? texts.settings.secretReplace : undefined,
              })}
            </>
          ) : null}
          {choice('proof', words.proof, words.proofs, fixedBy('secret'))}
          {choice('cloud', words.cloud, words.clouds, fixedBy('cloud'))}
          {draft.cloud === 'custom' ? (
            <>
              <SettingField
                label={words.login}
                value={draft.login}
                fixed={fixedBy('cloud')}
                onChange={(value) => setDraft({ ...draft, login: value })}
              />
              <SettingField
                label={words.graph}
                value={draft.graph}
                fixed={fixedBy('cloud')}
                onChange={(value) => setDraft({ ...draft, graph: value })}
              />
            </>
          ) : null}
        </>
      ) : (
        <>
          {field('host', words.host)}
          {field('port', words.port, { kind: 'number' })}
          {field('tls', words.tls, { options: pairs(words.tlsModes), value: draft.texts['tls'] || 'starttls' })}
          {field('userName', words.userName)}
          {field('login', words.loginName)}
          {secretField('password', words.password)}
        </>
      )}
      <details>
        <summary>{texts.settings.more}</summary>
        <div className={styles.more}>
          {draft.kind === 'graph'
            ? field('largeMessages', words.largeMessages, {
                options: pairs(words.largeMessagesWays),
                value: draft.texts['largeMessages'] || 'refuse',
              })
            : null}
          {field('caFile', words.caFile)}
          {field('uncertain', words.uncertain, {
            options: pairs(words.uncertains),
            value: draft.texts['uncertain'] || 'retry',
          })}
        </div>
      </details>
      <Trouble error={otherProblem(save.error, shownFields)} />
      <div className={styles.buttons}>
        <Button
          type="submit"
          appearance="primary"
          disabledFocusable={!may || !isChanged || save.isPending}
          title={may ? (isChanged ? undefined : texts.settings.nothing) : texts.needs.administrator}
        >
          {save.isPending ? texts.settings.saving : texts.settings.save}
        </Button>
      </div>
    </form>
  );
}
