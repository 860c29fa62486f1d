/** How a program hands mail in as one of the clients, ready to paste. */
import { Field, makeStyles, Select, tokens } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { paths } from '../../api.generated.ts';
import { asked, client } from '../../api.ts';
import { Code, Copied, Section } from '../../parts/small.tsx';
import { snippetsFor } from '../../snippets.ts';
import { texts } from '../../texts.ts';

type Client = paths['/api/clients']['get']['responses'][200]['content']['application/json']['clients'][number];

const useStyles = makeStyles({
  choices: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM, alignItems: 'end' },
  intro: { margin: 0 },
});

export function Snippets({ clients }: { clients: readonly Client[] }) {
  const styles = useStyles();
  const words = texts.clients;
  const { data } = useQuery({ queryKey: ['about'], queryFn: () => asked(client.GET('/api/about')) });
  const [chosen, setChosen] = useState(0);
  const [as, setAs] = useState('');
  if (!data) return null;
  const one = clients.find(({ name }) => name === as);
  const address = one?.senders?.find((sender) => sender.includes('@') && !sender.startsWith('@'));
  const snippets = snippetsFor(data.listeners);
  const text = (snippets[chosen]?.text ?? '')
    .replaceAll('LOGIN', () => one?.login ?? 'LOGIN')
    .replaceAll('ADDRESS', () => address ?? 'ADDRESS');
  return (
    <Section title={words.snippets}>
      <p className={styles.intro}>{words.snippetsIntro}</p>
      <div className={styles.choices}>
        <Field label={words.snippet}>
          <Select value={String(chosen)} onChange={(_event, { value }) => setChosen(Number(value))}>
            {snippets.map(({ name }, index) => (
              <option key={name} value={String(index)}>
                {name}
              </option>
            ))}
          </Select>
        </Field>
        <Field label={words.snippetFor}>
          <Select value={as} onChange={(_event, { value }) => setAs(value)}>
            <option value="">{words.snippetForAny}</option>
            {clients.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </Select>
        </Field>
        <Copied value="" copies={text} what={words.snippetWhat} />
      </div>
      <Code>{text}</Code>
    </Section>
  );
}
