/** What this Mailroom is, and where it listens. */
import { Link } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { asked, baseUrl, client } from '../api.ts';
import { cellsOf, DataTable } from '../parts/data-table.tsx';
import { Facts } from '../parts/facts.tsx';
import { Loading, Page, Section, Time, Trouble } from '../parts/small.tsx';
import { texts } from '../texts.ts';

export function Component() {
  const { data, error, refetch } = useQuery({ queryKey: ['about'], queryFn: () => asked(client.GET('/api/about')) });
  const words = texts.about;
  return (
    <Page title={words.title}>
      <Trouble error={error} onRetry={() => refetch()} />
      {data ? (
        <>
          <Facts
            rows={[
              [words.version, data.version],
              [words.node, data.node],
              ...(data.startedAt === undefined
                ? []
                : [[words.started, <Time key="at" at={data.startedAt} />] as const]),
            ]}
          />
          <Section title={words.listeners}>
            <DataTable
              label={words.listeners}
              columns={Object.values(words.columns)}
              rows={data.listeners.map((listener) => ({ key: listener.name, cells: cellsOf(words.columns, listener) }))}
            />
          </Section>
          <Link href={`${baseUrl}/api/openapi.json`}>{words.api}</Link>
        </>
      ) : error ? null : (
        <Loading />
      )}
    </Page>
  );
}
