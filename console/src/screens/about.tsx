/** What this Mailroom is, and where it listens. */
import { Accordion, AccordionHeader, AccordionItem, AccordionPanel, Link } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { asked, baseUrl, client } from '../api.ts';
import { cellsOf, DataTable } from '../parts/data-table.tsx';
import { Facts } from '../parts/facts.tsx';
import { Loading, Page, Section, Time, Trouble } from '../parts/small.tsx';
import { useMay } from '../session.ts';
import { texts } from '../texts.ts';

export function Component() {
  const { data, error, refetch } = useQuery({ queryKey: ['about'], queryFn: () => asked(client.GET('/api/about')) });
  const words = texts.about;
  const may = useMay('administrator');
  return (
    <Page title={words.title}>
      <Trouble error={error} onRetry={() => refetch()} />
      {data ? (
        <>
          <Section title={words.server}>
            <Facts
              rows={[
                [words.version, data.version],
                [words.node, data.node],
                [words.sqlite, data.sqlite],
                [words.openssl, data.openssl],
                [words.platform, data.platform],
                ...(data.startedAt === undefined
                  ? []
                  : [[words.started, <Time key="at" at={data.startedAt} />] as const]),
              ]}
            />
          </Section>
          <Section title={words.listeners}>
            <DataTable
              label={words.listeners}
              columns={Object.values(words.columns)}
              rows={data.listeners.map(({ tls, ...listener }) => ({
                key: listener.name,
                cells: cellsOf(words.columns, { ...listener, tls: tls === undefined ? '' : words.tls[tls] }),
              }))}
            />
          </Section>
          <Section title={words.support}>
            <p>{words.supportIntro}</p>
            {may ? (
              <Link href={`${baseUrl}/api/support-bundle`} download>
                {words.supportDownload}
              </Link>
            ) : (
              texts.needs.administrator
            )}
          </Section>
          <Accordion collapsible>
            <AccordionItem value="licences">
              <AccordionHeader>{words.licences(data.licences.length)}</AccordionHeader>
              <AccordionPanel>
                <DataTable
                  label={words.licences(data.licences.length)}
                  columns={Object.values(words.licenceColumns)}
                  rows={data.licences.map((each, index) => ({
                    key: String(index),
                    cells: cellsOf(words.licenceColumns, each),
                  }))}
                />
              </AccordionPanel>
            </AccordionItem>
          </Accordion>
          <Link href={`${baseUrl}/api/openapi.json`}>{words.api}</Link>
        </>
      ) : error ? null : (
        <Loading />
      )}
    </Page>
  );
}
