/** Messages a minute. Lines differ by dashes too, so that they can be told apart in black and white. */
import { tokens } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { asked, client } from '../api.ts';
import { Loading, Trouble } from '../parts/small.tsx';
import { texts } from '../texts.ts';
import { useThemeChoice } from '../theme.ts';

const series = [
  { key: 'accepted', colour: tokens.colorNeutralForeground1, dash: [2, 3] },
  { key: 'sent', colour: tokens.colorStatusSuccessForeground1, dash: [] },
  { key: 'deferred', colour: tokens.colorStatusWarningForeground3, dash: [8, 4] },
  { key: 'failed', colour: tokens.colorStatusDangerForeground1, dash: [8, 3, 2, 3] },
] as const;
const height = 200;
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });

export default function RateChart() {
  const place = useRef<HTMLDivElement>(null);
  const { shown } = useThemeChoice();
  const { data, error } = useQuery({
    queryKey: ['rates'],
    queryFn: () => asked(client.GET('/api/rates', { params: { query: { minutes: 60 } } })),
    refetchInterval: 10_000,
  });
  const minutes = data?.minutes;
  // biome-ignore lint/correctness/useExhaustiveDependencies: colours are read from the page, and differ by theme
  useEffect(() => {
    const element = place.current;
    if (!element || !minutes) return;
    const colourOf = (token: string) => {
      const name = /var\((--[\w-]+)/.exec(token)?.[1] ?? '';
      return getComputedStyle(element).getPropertyValue(name).trim();
    };
    const axis = {
      stroke: colourOf(tokens.colorNeutralForeground1),
      grid: { stroke: colourOf(tokens.colorNeutralStroke2) },
    };
    const chart = new uPlot(
      {
        width: element.clientWidth,
        height,
        cursor: { show: false },
        scales: { y: { range: (_chart, _least, most) => [0, Math.max(5, most * 1.1)] } },
        axes: [
          { ...axis, values: (_chart, times) => times.map((at) => clock.format(at * 1_000)) },
          { ...axis, label: texts.overview.rateAxis },
        ],
        series: [
          {},
          ...series.map(({ key, colour, dash }) => ({
            label: texts.overview.series[key],
            stroke: colourOf(colour),
            width: 2,
            dash: [...dash],
            points: { show: false },
          })),
        ],
        legend: { live: false },
      },
      [minutes.map(({ minute }) => minute / 1_000), ...series.map(({ key }) => minutes.map((each) => each[key]))],
      element,
    );
    const resize = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      chart.destroy();
    };
  }, [minutes, shown]);
  if (error) return <Trouble error={error} />;
  if (!minutes) return <Loading />;
  const sum = (key: (typeof series)[number]['key']) => minutes.reduce((total, each) => total + each[key], 0);
  return (
    <>
      <div>{texts.overview.rateLabel(sum('accepted'), sum('sent'), sum('deferred'), sum('failed'))}</div>
      <div ref={place} aria-hidden="true" />
    </>
  );
}
