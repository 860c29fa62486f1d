/**
 * `npm run bench -- plot`: draws the newest saved results of `accept` and `depth` (`--save`) into docs/images/accept-rate.svg:
 * messages a second against sessions beside the peers, and against the depth of the queue. Readable in black and white.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { BenchContext, BenchResult } from './bench.ts';

const rate = z.number().nullable();
const acceptResult = z.object({
  at: z.string(),
  commit: z.string(),
  cases: z.array(
    z.object({
      sessions: z.number(),
      bytes: z.number(),
      connections: z.string(),
      secure: z.boolean(),
      messagesPerSecond: rate,
      peerMessagesPerSecond: rate,
      yardsticks: z.record(z.string(), z.object({ messagesPerSecond: rate })),
    }),
  ),
});
const depthResult = z.object({
  at: z.string(),
  cases: z.array(z.object({ waiting: z.number(), acceptedPerSecond: z.number(), sentPerSecond: z.number() })),
});

interface Bar {
  readonly value: number | null;
  readonly fill: string;
}
interface Group {
  readonly label: string;
  readonly bars: readonly Bar[];
}

const fills = { own: '#0f6cbd', peer: '#8a8886', bare: 'none' } as const;
const plotHeight = 180;
const top = 50;
const barWidth = 34;

export async function plot(context: BenchContext): Promise<BenchResult> {
  const accept = newest('accept', acceptResult);
  if (!accept) {
    context.say('There is no saved result to draw. First: npm run bench -- accept --save');
    return { ok: false, report: {} };
  }
  const depth = newest('depth', depthResult);
  const bySessions = accept.cases
    .filter(({ bytes, connections, secure }) => bytes === 10_240 && connections === 'kept' && !secure)
    .map(({ sessions, messagesPerSecond, peerMessagesPerSecond, yardsticks }) => ({
      label: `${sessions} session${sessions === 1 ? '' : 's'}`,
      bars: [
        { value: messagesPerSecond, fill: fills.own },
        { value: peerMessagesPerSecond, fill: fills.peer },
        { value: yardsticks['bare-engine']?.messagesPerSecond ?? null, fill: fills.bare },
      ],
    }));
  const byDepth = (depth?.cases ?? []).map(({ waiting, acceptedPerSecond, sentPerSecond }) => ({
    label: `${waiting.toLocaleString('en-GB')} waiting`,
    bars: [
      { value: acceptedPerSecond, fill: fills.own },
      { value: sentPerSecond, fill: fills.bare },
    ],
  }));
  const first = chart('Messages a second until 250, 10 KB, by sessions', 60, bySessions);
  const second = chart('20 sessions, 2 KB, by what waits', 60 + first.width + 90, byDepth);
  const width = 60 + first.width + 90 + second.width + 20;
  const legend = [
    { x: 60, text: 'Mailroom accepts', fill: fills.own },
    { x: 200, text: 'Postfix', fill: fills.peer },
    { x: 280, text: 'a bare engine with an append log; at the right: Mailroom sends', fill: fills.bare },
  ]
    .map(({ x, text, fill }) => {
      return `<rect x="${x}" y="${top + plotHeight + 42}" width="12" height="12" fill="${fill}" stroke="#424242"/><text x="${x + 18}" y="${top + plotHeight + 52}">${text}</text>`;
    })
    .join('\n');
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top + plotHeight + 66}" font-family="Segoe UI, sans-serif" font-size="12" fill="#242424">
<title>Messages a second until 250 by sessions, beside Postfix and a bare engine, and by what waits in the queue</title>
<rect width="100%" height="100%" fill="#ffffff"/>
${first.svg}
${second.svg}
${legend}
</svg>
`;
  const file = join(import.meta.dirname, '..', 'docs', 'images', 'accept-rate.svg');
  writeFileSync(file, svg);
  context.say(`drawn from ${accept.commit}, ${accept.at}: ${file}`);
  return { ok: true, report: { drawn: 'docs/images/accept-rate.svg', of: accept.commit } };
}

function newest<T extends { at: string }>(name: string, schema: z.ZodType<T>): T | undefined {
  const folder = join(import.meta.dirname, 'results');
  return globSync(`${name}-*.json`, { cwd: folder })
    .map((file) => schema.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))))
    .sort((a, b) => a.at.localeCompare(b.at))
    .at(-1);
}

/** Groups of bars with their figures on top, so that no reader has to measure. */
function chart(
  title: string,
  left: number,
  groups: readonly Group[],
): { readonly svg: string; readonly width: number } {
  const most = Math.max(1, ...groups.flatMap(({ bars }) => bars.map(({ value }) => value ?? 0)));
  const groupWidth = Math.max(0, ...groups.map(({ bars }) => bars.length)) * (barWidth + 8) + 24;
  const width = Math.max(groups.length * groupWidth, 240);
  const parts = [
    `<text x="${left}" y="24" font-weight="600">${title}</text>`,
    `<line x1="${left}" y1="${top + plotHeight}" x2="${left + width}" y2="${top + plotHeight}" stroke="#424242"/>`,
  ];
  for (const [index, { label, bars }] of groups.entries()) {
    const start = left + index * groupWidth + 12;
    for (const [at, { value, fill }] of bars.entries()) {
      if (value === null) continue;
      const height = (value / most) * plotHeight;
      const x = start + at * (barWidth + 8);
      parts.push(
        `<rect x="${x}" y="${(top + plotHeight - height).toFixed(1)}" width="${barWidth}" height="${height.toFixed(1)}" fill="${fill}" stroke="#424242"/>`,
        `<text x="${x + barWidth / 2}" y="${(top + plotHeight - height - 5).toFixed(1)}" text-anchor="middle" font-size="10">${value.toLocaleString('en-GB')}</text>`,
      );
    }
    const middle = start + (bars.length * (barWidth + 8)) / 2 - 4;
    parts.push(`<text x="${middle}" y="${top + plotHeight + 18}" text-anchor="middle">${label}</text>`);
  }
  return { svg: parts.join('\n'), width };
}
