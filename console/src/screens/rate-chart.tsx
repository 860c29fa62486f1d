/** Messages a minute, live or over the last days. Lines differ by dashes too, so that they can be told apart in black and white. */
import { makeStyles, Select, tokens } from '@fluentui/react-components';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { asked, client } from '../api.ts';
import { Trouble } from '../parts/small.tsx';
import { texts } from '../texts.ts';
import { useThemeChoice } from '../theme.ts';

/** `contrast`: where the theme has one colour for all of them. */
const series = [
  { key: 'accepted', colour: tokens.colorNeutralForeground1, contrast: '#ffffff', dash: [2, 3], edge: 'dotted' },
  { key: 'sent', colour: tokens.colorStatusSuccessForeground1, contrast: '#3ff23f', dash: [], edge: 'solid' },
  { key: 'deferred', colour: tokens.colorStatusWarningForeground3, contrast: '#ffff00', dash: [8, 4], edge: 'dashed' },
  {
    key: 'failed',
    colour: tokens.colorStatusDangerForeground1,
    contrast: '#ff9ac1',
    dash: [8, 3, 2, 3],
    edge: 'double',
  },
] as const;
const height = 200;
const minuteMs = 60_000;
const spanNames = ['hour', 'day', 'week', 'month', 'quarter'] as const;
type Span = (typeof spanNames)[number];
const refetchMs = { hour: 10_000, day: 60_000, week: 60_000, month: 300_000, quarter: 300_000 };
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });

const useStyles = makeStyles({
  top: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM, alignItems: 'center' },
  // Its height before the figures are there: what stands below does not jump.
  chart: { minHeight: '240px' },
});

export default function RateChart() {
  const styles = useStyles();
  const [span, setSpan] = useState<Span>('hour');
  const place = useRef<HTMLDivElement>(null);
  const { shown } = useThemeChoice();
  const { data, error } = useQuery({
    queryKey: ['rates', span],
    queryFn: () => asked(client.GET('/api/rates', { params: { query: { span } } })),
    refetchInterval: refetchMs[span],
    placeholderData: keepPreviousData,
  });
  useEffect(() => {
    const element = place.current;
    if (!element || !data) return;
    const { step, counts } = data;
    const colourOf = (token: string) => {
      const name = /var\((--[\w-]+)/.exec(token)?.[1] ?? '';
      return getComputedStyle(element).getPropertyValue(name).trim();
    };
    const axis = {
      stroke: colourOf(tokens.colorNeutralForeground1),
      grid: { stroke: colourOf(tokens.colorNeutralStroke2), width: 1 },
    };
    const chart = new uPlot(
      {
        width: element.clientWidth,
        height,
        cursor: { show: false },
        scales: { y: { range: (_chart, _least, most) => [0, Math.max(1, most * 1.1)] } },
        axes: [
          { ...axis, values: (_chart, times) => times.map((at) => timeOf(at * 1_000, step)) },
          { ...axis, label: texts.overview.rateAxis },
        ],
        series: [
          {},
          ...series.map(({ key, colour, contrast, dash }) => ({
            label: texts.overview.series[key],
            stroke: shown === 'contrast' ? contrast : colourOf(colour),
            width: 2,
            dash: [...dash],
            points: { show: false },
          })),
        ],
        legend: { live: false, markers: { dash: (_chart, index) => series[index - 1]?.edge ?? 'solid' } },
      },
      [
        counts.map(({ start }) => start / 1_000),
        ...series.map(({ key }) => counts.map((each) => each[key] / (step / minuteMs))),
      ],
      element,
    );
    const resize = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      chart.destroy();
    };
  }, [data, shown]);
  const sum = (key: (typeof series)[number]['key'] | 'uncertain') =>
    (data?.counts ?? []).reduce((total, each) => total + each[key], 0);
  return (
    <>
      <div className={styles.top}>
        <Select
          aria-label={texts.overview.span}
          value={span}
          onChange={(_event, { value }) => setSpan(spanNames.find((each) => each === value) ?? 'hour')}
        >
          {spanNames.map((each) => (
            <option key={each} value={each}>
              {texts.overview.spans[each]}
            </option>
          ))}
        </Select>
        {data ? (
          <span>
            {texts.overview.rateLabel(
              texts.overview.spans[span],
              sum('accepted'),
              sum('sent'),
              sum('deferred'),
              sum('failed') + sum('uncertain'),
            )}
          </span>
        ) : null}
      </div>
      <Trouble error={data ? undefined : error} />
      <div ref={place} className={styles.chart} aria-hidden="true" />
    </>
  );
}

/** Steps of hours are told by their day. */
function timeOf(at: number, stepMs: number): string {
  return stepMs < 60 * minuteMs ? clock.format(at) : day.format(at);
}
