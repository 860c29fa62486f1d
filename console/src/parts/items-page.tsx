/** A screen of settings: a list whose items are added and changed in a panel, and removed after a question. */
import { Button } from '@fluentui/react-components';
import { Add20Regular } from '@fluentui/react-icons';
import { type ReactNode, useState } from 'react';
import { useMay } from '../session.ts';
import { texts } from '../texts.ts';
import { useRemoval } from './removal.tsx';
import { Said } from './said.tsx';
import { type Settings, type SettingsItem, type SettingsList, type Shown, useSettings } from './settings.ts';
import { Loading, Page, Trouble } from './small.tsx';

/** What the panel of a list is given. */
export interface PanelWishes {
  readonly settings: Settings;
  /** Undefined: a new one is made. */
  readonly name: string | undefined;
  onClose(): void;
  onSaved(name: string, shown: Shown): void;
}

/** What the list is given. */
export interface Desk {
  /** Undefined as long as they are not known, or where the server keeps none. */
  readonly settings: Settings | undefined;
  item(name: string): SettingsItem | undefined;
  edit(name: string): void;
  remove(name: string): void;
  /** Says what has just been done. */
  tell(text: string): void;
}

interface Wishes<T> {
  readonly list: SettingsList;
  readonly words: {
    readonly title: string;
    readonly intro: string;
    readonly add: string;
    removeQuestion(name: string): string;
  };
  /** What the list shows, as far as it is loaded. */
  readonly query: { readonly data: T | undefined; readonly error: unknown; refetch(): unknown };
  panel(wishes: PanelWishes): ReactNode;
  children(data: T, desk: Desk): ReactNode;
}

export function ItemsPage<T>({ list, words, query, panel, children }: Wishes<T>) {
  const may = useMay('administrator');
  const { data: settings } = useSettings(list);
  const [open, setOpen] = useState<{ readonly name: string | undefined }>();
  const [told, setTold] = useState('');
  const removal = useRemoval({
    list,
    settings,
    question: words.removeQuestion,
    onRemoved: (name) => setTold(texts.settings.removedItem(name)),
  });
  const desk: Desk = {
    settings,
    item: (name) => settings?.items.find((each) => each.name === name),
    edit: (name) => setOpen({ name }),
    remove: removal.ask,
    tell: setTold,
  };
  const { data, error } = query;
  return (
    <Page
      title={words.title}
      intro={words.intro}
      actions={
        may && settings ? (
          <Button appearance="primary" icon={<Add20Regular />} onClick={() => setOpen({ name: undefined })}>
            {words.add}
          </Button>
        ) : null
      }
    >
      <Trouble error={error} onRetry={() => query.refetch()} />
      <Said text={told} />
      {removal.shown}
      {data === undefined ? error ? null : <Loading /> : children(data, desk)}
      {open && settings
        ? panel({
            settings,
            name: open.name,
            onClose: () => setOpen(undefined),
            onSaved(name) {
              setOpen(undefined);
              setTold(texts.settings.savedItem(name));
            },
          })
        : null}
    </Page>
  );
}
