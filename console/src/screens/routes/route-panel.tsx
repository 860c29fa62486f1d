/** One route: what mail it is for, which way that goes, and the same in a sentence while it is typed. */
import { useQuery } from '@tanstack/react-query';
import { asked, client } from '../../api.ts';
import type { PanelWishes } from '../../parts/items-page.tsx';
import { type FieldSpec, listIn } from '../../parts/settings-draft.ts';
import { type Read, SettingsPanel } from '../../parts/settings-panel.tsx';
import { Section } from '../../parts/small.tsx';
import { texts } from '../../texts.ts';
import { wayOf, whenOf } from './route-words.ts';

const words = texts.routes.fields;
const pairs = (labels: Readonly<Record<string, string>>) => Object.entries(labels);

const fields: readonly FieldSpec[] = [
  { key: 'when.client', as: 'list', label: words.client, hint: words.clientHint },
  { key: 'when.sender', as: 'list', label: words.sender, hint: words.senderHint },
  { key: 'when.recipientDomain', as: 'list', label: words.recipientDomain, hint: words.recipientDomainHint },
  { key: 'when.subject', as: 'text', label: words.subject, hint: words.subjectHint },
  { key: 'connectors', as: 'list', label: words.connectors, hint: words.connectorsHint, replaces: 'connector' },
  { key: 'senders', as: 'list', label: words.senders, hint: words.sendersHint, replaces: 'sender' },
  { key: 'hold', as: 'flag', label: words.hold, usual: 'false' },
  {
    key: 'fallBackAfter',
    as: 'text',
    label: words.fallBackAfter,
    hint: words.fallBackAfterHint,
    usual: '5 min',
    more: true,
  },
  {
    key: 'fromHeader',
    as: 'text',
    label: words.fromHeader,
    options: pairs(words.fromHeaders),
    usual: 'keep',
    more: true,
  },
  { key: 'form', as: 'text', label: words.form, options: pairs(words.forms), usual: 'mime', more: true },
  { key: 'saveToSentItems', as: 'flag', label: words.saveToSentItems, usual: 'true', more: true },
];

export function RoutePanel({ settings, name, onClose, onSaved }: PanelWishes) {
  const { data } = useQuery({ queryKey: ['connectors'], queryFn: () => asked(client.GET('/api/connectors')) });
  const known = data?.connectors.map((each) => each.name) ?? [];
  const shown = fields.map((field) =>
    field.key === 'connectors' && known.length > 0
      ? { ...field, hint: words.connectorsKnown(known.join(', ')) }
      : field,
  );
  return (
    <SettingsPanel
      list="routes"
      settings={settings}
      name={name}
      title={name === undefined ? texts.routes.addTitle : texts.routes.editTitle(name)}
      fields={() => shown}
      all={shown}
      after={(read) => (
        <Section title={texts.routes.inWords}>
          <span>{sentenceOf(read)}</span>
        </Section>
      )}
      onClose={onClose}
      onSaved={onSaved}
    />
  );
}

/** The same words as in the list, of what stands in the fields. */
function sentenceOf(read: Read): string {
  const conditions = ['client', 'sender', 'recipientDomain'].map((what) => ({
    what,
    is: listIn(read(`when.${what}`)),
  }));
  const subject = read('when.subject').trim();
  const when = [...conditions, { what: 'subject', is: subject === '' ? [] : [subject] }].filter(
    ({ is }) => is.length > 0,
  );
  const [connectors, senders] = [listIn(read('connectors')), listIn(read('senders'))];
  const way = wayOf(
    {
      ...(connectors.length > 0 ? { connectors } : {}),
      ...(senders.length > 0 ? { senders } : {}),
      form: read('form'),
      saveToSentItems: read('saveToSentItems') === 'true',
      fromHeader: read('fromHeader'),
      hold: read('hold') === 'true',
    },
    read('fallBackAfter'),
  );
  return texts.routes.sentence(whenOf(when), way);
}
