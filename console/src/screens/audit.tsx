/** Who did what, and whether the trail is whole. */
import { Button, Link, MessageBar, MessageBarBody, makeStyles, tokens } from '@fluentui/react-components';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { asked, baseUrl, client } from '../api.ts';
import { Change } from '../parts/change.tsx';
import { cellsOf, DataTable } from '../parts/data-table.tsx';
import { Copied, Loading, Page, Time, To, Trouble } from '../parts/small.tsx';
import { texts } from '../texts.ts';

const pageSize = 100;

const useStyles = makeStyles({
  actions: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: tokens.spacingHorizontalL },
});

export function Component() {
  const words = texts.audit;
  const styles = useStyles();
  const { data, error, refetch, hasNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey: ['audit'],
    initialPageParam: Number.MAX_SAFE_INTEGER,
    queryFn: ({ pageParam }) =>
      asked(client.GET('/api/audit', { params: { query: { below: pageParam, limit: pageSize } } })),
    getNextPageParam: ({ entries }) => (entries.length < pageSize ? undefined : entries.at(-1)?.number),
  });
  const verdict = useMutation({ mutationFn: () => asked(client.GET('/api/audit/verdict')) });
  const entries = data?.pages.flatMap((page) => page.entries);
  return (
    <Page
      title={words.title}
      intro={words.intro}
      actions={
        <div className={styles.actions}>
          <Link href={`${baseUrl}/api/audit/export`}>{words.exportAll}</Link>
          <Button onClick={() => verdict.mutate()}>{words.verify}</Button>
        </div>
      }
    >
      <Trouble error={error ?? verdict.error} onRetry={() => refetch()} />
      {verdict.data ? (
        <MessageBar intent={verdict.data.brokenAt === undefined ? 'success' : 'error'} layout="multiline">
          <MessageBarBody>
            {verdict.data.brokenAt === undefined ? (
              <>
                {words.whole(verdict.data.entries)} <Copied value={verdict.data.lastHash} what={words.verify} />
              </>
            ) : (
              words.broken(verdict.data.brokenAt)
            )}
          </MessageBarBody>
        </MessageBar>
      ) : null}
      {entries ? (
        <DataTable
          label={words.title}
          columns={Object.values(words.columns)}
          // On a tablet what was changed would stand beyond the edge.
          minor={[words.columns.from]}
          rows={entries.map((entry) => ({
            key: String(entry.number),
            cells: cellsOf(words.columns, {
              number: entry.number,
              at: <Time at={entry.at} />,
              who: entry.who,
              from: entry.address,
              action: entry.action,
              target:
                entry.action.startsWith('message-') && !entry.target.includes(' ') ? (
                  <To to={`/messages/${entry.target}`}>{entry.target}</To>
                ) : (
                  entry.target
                ),
              change: <Change before={entry.before} after={entry.after} />,
            }),
          }))}
        />
      ) : error ? null : (
        <Loading />
      )}
      {hasNextPage ? <Button onClick={() => fetchNextPage()}>{words.more}</Button> : null}
    </Page>
  );
}
