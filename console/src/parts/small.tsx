/** Small things that every screen has: a time, an id to copy, a refusal, a page with its heading. */
import {
  Button,
  Link,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  MessageBarTitle,
  makeStyles,
  Spinner,
  tokens,
  typographyStyles,
} from '@fluentui/react-components';
import { Checkmark16Regular, Copy16Regular } from '@fluentui/react-icons';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useHref, useNavigate } from 'react-router';
import { ProblemError } from '../api.ts';
import { texts } from '../texts.ts';
import { briefText, timeText, zonedText } from './units.ts';

const useStyles = makeStyles({
  page: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalL,
    minWidth: 0,
    '& > p': { margin: 0 },
    // What will say something later takes no room before.
    '& > :empty': { position: 'absolute' },
  },
  heading: { ...typographyStyles.title2, margin: 0, outlineStyle: 'none', overflowWrap: 'anywhere' },
  time: { whiteSpace: 'nowrap' },
  path: { color: tokens.colorNeutralForeground2 },
  // Lines longer than this are hard to read.
  intro: { margin: 0, maxWidth: '100ch' },
  row: {
    display: 'flex',
    flexWrap: 'wrap',
    gap: tokens.spacingHorizontalM,
    alignItems: 'center',
    justifyContent: 'space-between',
  },
  mono: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200, overflowWrap: 'anywhere' },
  code: {
    margin: 0,
    padding: tokens.spacingVerticalM,
    backgroundColor: tokens.colorNeutralBackground3,
    borderRadius: tokens.borderRadiusMedium,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    whiteSpace: 'pre-wrap',
    overflowWrap: 'anywhere',
  },
  wide: {
    containerType: 'inline-size',
    overflowX: 'auto',
    minWidth: 0,
    backgroundColor: tokens.colorNeutralBackground1,
    borderRadius: tokens.borderRadiusMedium,
  },
  // A card, as the admin centers have them: what belongs together stands on one.
  section: {
    '& > p': { margin: 0 },
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalS,
    minWidth: 0,
    padding: tokens.spacingHorizontalL,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusLarge,
    '@media (max-width: 700px)': { padding: tokens.spacingHorizontalM },
  },
  quiet: { textDecorationLine: 'none', ':hover': { textDecorationLine: 'underline' } },
  subtitle: {
    margin: 0,
    fontSize: tokens.fontSizeBase400,
    fontWeight: tokens.fontWeightSemibold,
    lineHeight: tokens.lineHeightBase400,
  },
});

interface PageWishes {
  readonly title: string;
  /** Where it is, as the manual says it. */
  readonly path?: ReactNode;
  readonly actions?: ReactNode;
  /** What the screen is for, below its heading. */
  readonly intro?: string;
  readonly children: ReactNode;
}

/** A screen: its heading takes the focus when it is opened, so that a screen reader says where one is. */
export function Page({ title, path, actions, intro, children }: PageWishes) {
  const styles = useStyles();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} – ${texts.product}`;
    if (document.activeElement === document.body || document.activeElement?.tagName === 'A') heading.current?.focus();
  }, [title]);
  return (
    <div className={styles.page}>
      {path === undefined ? null : <span className={styles.path}>{path}</span>}
      <div className={styles.row}>
        <h1 ref={heading} tabIndex={-1} className={styles.heading}>
          {title}
        </h1>
        {actions}
      </div>
      {intro === undefined ? null : <p className={styles.intro}>{intro}</p>}
      {children}
    </div>
  );
}

export function Section({ title, children }: { title: string; children: ReactNode }) {
  const styles = useStyles();
  return (
    <section className={styles.section}>
      <h2 className={styles.subtitle}>{title}</h2>
      {children}
    </section>
  );
}

/** What is wider than a phone scrolls by itself, by keyboard too. */
export function Wide({ label, children }: { label: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard (WCAG 2.1.1)
    <section className={useStyles().wide} tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}

/** @param brief of today, without the date */
export function Time({ at, brief = false }: { at: number; brief?: boolean }) {
  return (
    <time className={useStyles().time} dateTime={new Date(at).toISOString()} title={zonedText(at)}>
      {brief ? briefText(at) : timeText(at)}
    </time>
  );
}

/** An id in a monospaced face, with a button that copies it. */
export function Copied({ value, what, copies = value }: { value: string; what: string; copies?: string }) {
  const [done, setDone] = useState(false);
  return (
    <span>
      <span className={useStyles().mono}>{value}</span>{' '}
      <Button
        size="small"
        appearance="subtle"
        icon={done ? <Checkmark16Regular /> : <Copy16Regular />}
        aria-label={done ? texts.copied : texts.copy(what)}
        onClick={() => {
          navigator.clipboard.writeText(copies).then(
            () => setDone(true),
            () => setDone(false),
          );
        }}
      />
    </span>
  );
}

export function Code({ children }: { children: string }) {
  return <pre className={useStyles().code}>{children}</pre>;
}

/** A refusal with its code and what to do about it. */
export function Trouble({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  if (!error) return null;
  const problem = error instanceof ProblemError ? error.problem : undefined;
  const isAway = error instanceof TypeError;
  return (
    <MessageBar intent="error" layout="multiline">
      <MessageBarBody>
        <MessageBarTitle>{problem?.title ?? (isAway ? texts.away : texts.unknownFault)}</MessageBarTitle>
        {problem ? ` ${problem.detail ?? ''} ${problem.remedy} (${problem.code})` : null}
      </MessageBarBody>
      {onRetry ? (
        <MessageBarActions>
          <Button onClick={onRetry}>{texts.retryLoad}</Button>
        </MessageBarActions>
      ) : null}
    </MessageBar>
  );
}

export function Loading() {
  return <Spinner label={texts.loading} />;
}

/** A link to another screen; a quiet one, which stands by itself and not in a sentence, is underlined when it is pointed at. */
export function To({ to, quiet = false, children }: { to: string; quiet?: boolean; children: ReactNode }) {
  const styles = useStyles();
  const navigate = useNavigate();
  return (
    <Link
      inline={!quiet}
      className={quiet ? styles.quiet : undefined}
      href={useHref(to)}
      onClick={(event) => {
        // With a key held down, the browser opens it elsewhere.
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        navigate(to);
      }}
    >
      {children}
    </Link>
  );
}
