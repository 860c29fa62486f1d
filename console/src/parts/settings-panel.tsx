/**
 * Adds or changes one item of the settings, in a panel at the side. It is made from the state that was looked at when it
 * was opened: when somebody else has saved meanwhile, the server refuses, and the panel shows what stands now beside what
 * was typed; nothing is overwritten unseen.
 */
import { Button, MessageBar, MessageBarBody, makeStyles, tokens } from '@fluentui/react-components';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useMay } from '../session.ts';
import { texts } from '../texts.ts';
import { Modal } from './modal.tsx';
import { PanelField } from './panel-field.tsx';
import { SettingField } from './setting-field.tsx';
import {
  fieldProblem,
  isOutdated,
  otherProblem,
  type Settings,
  type SettingsItem,
  type SettingsList,
  type Shown,
  useSave,
} from './settings.ts';
import { changesOf, type Draft, type FieldSpec, fixedBy, storedText } from './settings-draft.ts';
import { Trouble } from './small.tsx';

const useStyles = makeStyles({
  more: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalL, marginTop: tokens.spacingVerticalM },
});

/** What the fields say at the moment. */
export type Read = (key: string) => string;

interface Wishes {
  readonly list: SettingsList;
  readonly settings: Settings;
  /** Undefined: a new one is made. */
  readonly name: string | undefined;
  readonly title: string;
  /** Fields that are asked for, by what has been chosen in others. */
  fields(read: Read): readonly FieldSpec[];
  /** Every field that any choice asks for. */
  readonly all: readonly FieldSpec[];
  /** Values that come with what was typed, such as a login with its first password. */
  also?(name: string): Record<string, unknown>;
  readonly make?: ('password' | 'apiKey')[];
  readonly keepOldMinutes?: number;
  /** Between the name and the fields, and below them. */
  readonly before?: ReactNode;
  after?(read: Read): ReactNode;
  onSaved(name: string, shown: Shown): void;
  onClose(): void;
}

export function SettingsPanel(wishes: Wishes) {
  const { list, settings, title, make = [], keepOldMinutes = 0 } = wishes;
  const styles = useStyles();
  const queries = useQueryClient();
  const words = texts.settings;
  const may = useMay('administrator');
  const isNew = wishes.name === undefined;
  const find = ({ items }: Settings) => items.find((each) => each.name === wishes.name);
  const [base, setBase] = useState({ version: settings.version, item: find(settings) });
  // What stood there when it was opened, to say what somebody else has changed.
  const [opened] = useState(base.item);
  const [isRebased, setRebased] = useState(false);
  const [name, setName] = useState(wishes.name ?? '');
  const [draft, setDraft] = useState<Draft>({});
  const [warned, setWarned] = useState(false);
  const save = useSave(list, base.version, wishes.onSaved);
  const { item } = base;
  const spec = (key: string) => wishes.all.find((each) => each.key === key);
  const read: Read = (key) => {
    const field = spec(key);
    return draft[key] ?? (field ? storedText(item?.values ?? {}, field) : '');
  };
  const fields = wishes.fields(read);
  const values = { ...wishes.also?.(name.trim()), ...changesOf(item, fields, draft, wishes.all) };
  const isChanged = isNew ? name.trim() !== '' : Object.keys(values).length > 0 || make.length > 0;
  const rebase = async () => {
    await queries.refetchQueries({ queryKey: ['settings', list] });
    const now = queries.getQueryData<Settings>(['settings', list]);
    if (!now) return;
    setBase({ version: now.version, item: find(now) });
    setRebased(true);
    save.reset();
  };
  const close = () => {
    if (warned || Object.keys(draft).length === 0) wishes.onClose();
    else setWarned(true);
  };
  const one = (field: FieldSpec) => (
    <PanelField
      key={field.key}
      field={field}
      item={item}
      text={read(field.key)}
      fixed={fixedBy(item, field) ?? (may ? undefined : '')}
      error={fieldProblem(save.error, field.key)}
      meanwhile={isRebased && draft[field.key] !== undefined ? meanwhileOf(field, opened, item) : undefined}
      onChange={(text) => {
        setDraft({ ...draft, [field.key]: text });
        setWarned(false);
      }}
    />
  );
  const more = fields.filter((field) => field.more);
  return (
    <Modal
      title={title}
      place="side"
      onClose={close}
      onSubmit={() => {
        if (may && isChanged && !save.isPending)
          save.mutate({ name: name.trim(), isNew, values, make, keepOldMinutes });
      }}
      actions={
        may ? (
          <Button
            type="submit"
            appearance="primary"
            disabledFocusable={!isChanged || save.isPending}
            title={isChanged ? undefined : words.nothing}
          >
            {save.isPending ? words.saving : isNew ? words.add : words.save}
          </Button>
        ) : null
      }
    >
      {isRebased ? (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>{item || isNew ? words.rebased : words.goneMeanwhile}</MessageBarBody>
        </MessageBar>
      ) : null}
      {isNew ? (
        <SettingField
          label={words.name}
          value={name}
          hint={words.nameHint}
          error={fieldProblem(save.error, 'name')}
          onChange={setName}
        />
      ) : null}
      {wishes.before}
      {fields.filter((field) => !field.more).map(one)}
      {more.length === 0 ? null : (
        <details open={more.some(({ key }) => fieldProblem(save.error, key) !== undefined) || undefined}>
          <summary>{words.more}</summary>
          <div className={styles.more}>{more.map(one)}</div>
        </details>
      )}
      {wishes.after?.(read)}
      <Trouble
        error={otherProblem(
          save.error,
          fields.map(({ key }) => key),
        )}
      />
      {isOutdated(save.error) ? <Button onClick={rebase}>{words.rebase}</Button> : null}
      {warned ? (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>{words.unsaved}</MessageBarBody>
        </MessageBar>
      ) : null}
    </Modal>
  );
}

/** What somebody else has made of a field meanwhile. */
function meanwhileOf(field: FieldSpec, opened: SettingsItem | undefined, now: SettingsItem | undefined) {
  const [before, after] = [opened, now].map((item) => storedText(item?.values ?? {}, field));
  return before === after ? undefined : texts.settings.meanwhile(after ?? '');
}
