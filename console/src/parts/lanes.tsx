/** Lanes against their limits. */
import { makeStyles, ProgressBar, tokens } from '@fluentui/react-components';
import type { paths } from '../api.generated.ts';
import { texts } from '../texts.ts';
import { cellsOf, DataTable } from './data-table.tsx';
import { Time } from './small.tsx';
import { Stated } from './state.tsx';
import { spanText } from './units.ts';

type Lane = paths['/api/limits']['get']['responses'][200]['content']['application/json']['lanes'][number];

const useStyles = makeStyles({
  use: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalXXS, minWidth: '90px' },
  figure: { fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' },
});
/** From this share of a limit on, it shows in another colour too. */
const near = 0.9;

export function Lanes({ lanes, now }: { lanes: readonly Lane[]; now: number }) {
  const words = texts.lanes.columns;
  return (
    <DataTable
      label={texts.lanes.title}
      columns={Object.values(words)}
      minor={[words.connector, words.oldest]}
      rows={lanes.map((lane) => ({
        key: `${lane.connector} ${lane.sender}`,
        cells: cellsOf(words, {
          sender: lane.sender,
          connector: lane.connector,
          waiting: lane.queued.toLocaleString(),
          oldest: lane.oldestAcceptedAt === undefined ? '–' : spanText(now - lane.oldestAcceptedAt),
          flight: <Use used={lane.inFlight} limit={lane.concurrency} what={words.flight} />,
          minute: <Use used={lane.messagesLastMinute} limit={lane.messagesPerMinute} what={words.minute} />,
          day: <Use used={lane.recipientsLastDay} limit={lane.recipientsPerDay} what={words.day} />,
          state:
            lane.waitsUntil === undefined ? (
              <Stated tone="good">{texts.lanes.open}</Stated>
            ) : (
              <>
                <Stated tone="waiting">{texts.lanes.toldToWait}</Stated> <Time at={lane.waitsUntil} />
              </>
            ),
        }),
      }))}
    />
  );
}

function Use({ used, limit, what }: { used: number; limit: number | undefined; what: string }) {
  const styles = useStyles();
  if (limit === undefined) return texts.lanes.unlimited;
  return (
    <div className={styles.use}>
      <span className={styles.figure}>{texts.lanes.used(used, limit)}</span>
      <ProgressBar
        value={Math.min(1, used / limit)}
        color={used >= limit * near ? 'warning' : 'brand'}
        aria-label={what}
      />
    </div>
  );
}
