/** What a message says. All of it is hostile: texts are shown as texts, and HTML in a frame that can do nothing. */
import { Button, Link, makeStyles, tokens } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { asked, baseUrl, client } from '../api.ts';
import { cellsOf, DataTable } from '../parts/data-table.tsx';
import { Code, Loading, Trouble } from '../parts/small.tsx';
import { Tabs } from '../parts/tabs.tsx';
import { bytesText } from '../parts/units.ts';
import { useMay } from '../session.ts';
import { texts } from '../texts.ts';

const useStyles = makeStyles({
  row: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM, alignItems: 'center' },
  // White below any theme: mail is written for it.
  frame: {
    width: '100%',
    height: '60vh',
    border: `1px solid ${tokens.colorNeutralStroke1}`,
    backgroundColor: 'white',
    colorScheme: 'light',
  },
});

const tabs = ['text', 'html', 'headers', 'attachments'] as const;
type TabName = (typeof tabs)[number];

export function Preview({ id }: { id: string }) {
  const words = texts.message;
  const may = useMay('operator');
  const [isOpen, setOpen] = useState(false);
  const styles = useStyles();
  if (!may) return <p>{texts.needs.operator}</p>;
  return (
    <>
      <div className={styles.row}>
        {isOpen ? null : <Button onClick={() => setOpen(true)}>{words.show}</Button>}
        <Link href={`${baseUrl}/api/messages/${encodeURIComponent(id)}/raw`} download>
          {words.download}
        </Link>
        <span>{words.showHint}</span>
      </div>
      {isOpen ? <Content id={id} /> : null}
    </>
  );
}

function Content({ id }: { id: string }) {
  const words = texts.message;
  const [tab, setTab] = useState<TabName>();
  const { data, error } = useQuery({
    queryKey: ['preview', id],
    queryFn: () => asked(client.GET('/api/messages/{id}/preview', { params: { path: { id } } })),
    // Each look is put on record: once is enough.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });
  if (error) return <Trouble error={error} />;
  if (!data) return <Loading />;
  const shown = tab ?? (data.text === '' && data.hasHtml ? 'html' : 'text');
  return (
    <Tabs
      takesFocus
      label={words.content}
      tabs={tabs.map((each) => [each, words.tabs[each]] as const)}
      shown={shown}
      onShow={(value) => setTab(tabs.find((each) => each === value) ?? 'text')}
    >
      <Shown tab={shown} id={id} data={data} />
    </Tabs>
  );
}

interface Loaded {
  readonly text: string;
  readonly hasHtml: boolean;
  readonly blocked: number;
  readonly headers: readonly { name: string; value: string }[];
  readonly attachments: readonly { name: string; type: string; bytes: number }[];
}

function Shown({ tab, id, data }: { tab: TabName; id: string; data: Loaded }) {
  const words = texts.message;
  const styles = useStyles();
  switch (tab) {
    case 'text':
      return data.text === '' ? <p>{words.noText}</p> : <Code>{data.text}</Code>;
    case 'html':
      if (!data.hasHtml) return <p>{words.noHtml}</p>;
      return (
        <>
          {data.blocked > 0 ? <p>{words.blocked(data.blocked)}</p> : null}
          <iframe
            className={styles.frame}
            sandbox=""
            title={words.htmlTitle}
            src={`${baseUrl}/api/messages/${encodeURIComponent(id)}/preview.html`}
          />
        </>
      );
    case 'headers':
      return (
        <DataTable
          label={words.tabs.headers}
          broad="value"
          columns={Object.values(words.header)}
          rows={data.headers.map((header, index) => ({ key: String(index), cells: cellsOf(words.header, header) }))}
        />
      );
    case 'attachments':
      if (data.attachments.length === 0) return <p>{words.noAttachments}</p>;
      return (
        <DataTable
          label={words.tabs.attachments}
          columns={Object.values(words.attachment)}
          rows={data.attachments.map(({ name, type, bytes }, index) => ({
            key: String(index),
            cells: cellsOf(words.attachment, { name, type, size: bytesText(bytes) }),
          }))}
        />
      );
  }
}
