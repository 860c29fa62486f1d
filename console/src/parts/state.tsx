/** States in words, icon and colour, never colour alone. */
import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import {
  CheckmarkCircle16Filled,
  Clock16Regular,
  DismissCircle16Filled,
  Pause16Filled,
  QuestionCircle16Regular,
  Warning16Filled,
} from '@fluentui/react-icons';
import type { ReactNode } from 'react';

export type Tone = 'good' | 'bad' | 'warn' | 'waiting' | 'paused' | 'unknown';

const useStyles = makeStyles({
  state: {
    display: 'inline-flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalXS,
    whiteSpace: 'nowrap',
    verticalAlign: 'top',
  },
  good: { color: tokens.colorStatusSuccessForeground1 },
  bad: { color: tokens.colorStatusDangerForeground2 },
  warn: { color: tokens.colorStatusWarningForeground3 },
  neutral: { color: tokens.colorNeutralForeground1 },
});

const icons: Readonly<Record<Tone, ReactNode>> = {
  good: <CheckmarkCircle16Filled />,
  bad: <DismissCircle16Filled />,
  warn: <Warning16Filled />,
  waiting: <Clock16Regular />,
  paused: <Pause16Filled />,
  unknown: <QuestionCircle16Regular />,
};

/** @param quiet without its colour, since there is nothing of it */
export function Stated({ tone, quiet = false, children }: { tone: Tone; quiet?: boolean; children: ReactNode }) {
  const styles = useStyles();
  const colour =
    tone === 'good' ? styles.good : tone === 'bad' ? styles.bad : tone === 'warn' ? styles.warn : styles.neutral;
  return (
    <span className={mergeClasses(styles.state, quiet ? styles.neutral : colour)}>
      {icons[tone]}
      {children}
    </span>
  );
}

export const messageTones = {
  queued: 'waiting',
  sending: 'waiting',
  uncertain: 'warn',
  held: 'paused',
  sent: 'good',
  failed: 'bad',
  cancelled: 'unknown',
} as const satisfies Record<string, Tone>;

export const outcomeTones = {
  sent: 'good',
  deferred: 'waiting',
  failed: 'bad',
  uncertain: 'warn',
  'under-way': 'waiting',
} as const satisfies Record<string, Tone>;

export const connectorTones = { running: 'good', paused: 'paused', probing: 'waiting' } as const satisfies Record<
  string,
  Tone
>;
