/** Lanes against their limits, how long what is kept, and whose content nobody is shown. */
import { useQuery } from '@tanstack/react-query';
import type { paths } from '../api.generated.ts';
import { asked, client } from '../api.ts';
import { cellsOf, DataTable } from '../parts/data-table.tsx';
import { Facts } from '../parts/facts.tsx';
import { Lanes } from '../parts/lanes.tsx';
import { Loading, Page, Section, Trouble } from '../parts/small.tsx';
import { spanText } from '../parts/units.ts';
import { texts } from '../texts.ts';

type Keeping = paths['/api/limits']['get']['responses'][200]['content']['application/json']['keeping'];

export function Component() {
  const words = texts.limits;
  const { data, error, refetch } = useQuery({
    queryKey: ['limits'],
    queryFn: () => asked(client.GET('/api/limits')),
    refetchInterval: 5_000,
  });
  return (
    <Page title={words.title} intro={words.intro}>
      <Trouble error={error} onRetry={() => refetch()} />
      {data ? (
        <>
          <Lanes lanes={data.lanes} now={data.now} />
          <Kept keeping={data.keeping} />
        </>
      ) : error ? null : (
        <Loading />
      )}
    </Page>
  );
}

function Kept({ keeping }: { keeping: Keeping }) {
  const words = texts.limits;
  return (
    <>
      <Section title={words.keeping}>
        <Facts
          rows={[
            [words.bodies, spanText(keeping.bodiesMs)],
            [words.failedBodies, spanText(keeping.failedBodiesMs)],
            [words.history, spanText(keeping.historyMs)],
            [words.expireAfter, spanText(keeping.expireAfterMs)],
          ]}
        />
        <span>{words.setBy}</span>
      </Section>
      <Section title={words.redaction}>
        {keeping.redaction.length === 0 ? (
          words.noRedaction
        ) : (
          <DataTable
            label={words.redaction}
            columns={Object.values(words.redactionColumns)}
            rows={keeping.redaction.map(({ name, when, deletes }) => ({
              key: name,
              cells: cellsOf(words.redactionColumns, {
                name,
                when: when || words.always,
                what: deletes ? words.deletes : words.hides,
              }),
            }))}
          />
        )}
      </Section>
    </>
  );
}
