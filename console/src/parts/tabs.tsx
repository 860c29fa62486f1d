/**
 * Tabs as the ARIA patterns have them: one stop of the keyboard, arrows between them, the panel behind. Fluent's own puts
 * hidden stops beside them, which a screen reader finds empty.
 */
import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef } from 'react';

const useStyles = makeStyles({
  list: {
    display: 'flex',
    flexWrap: 'wrap',
    gap: tokens.spacingHorizontalS,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  tab: {
    font: 'inherit',
    color: tokens.colorNeutralForeground2,
    backgroundColor: 'transparent',
    border: 'none',
    borderBottom: '3px solid transparent',
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}`,
    cursor: 'pointer',
    ':hover': { color: tokens.colorNeutralForeground1 },
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: '-2px' },
  },
  shown: {
    color: tokens.colorNeutralForeground1,
    fontWeight: tokens.fontWeightSemibold,
    borderBottomColor: tokens.colorBrandForeground1,
  },
  panel: { minWidth: 0 },
});

interface Wishes {
  readonly label: string;
  readonly tabs: readonly (readonly [value: string, label: string])[];
  readonly shown: string;
  /** What led here is gone: the focus goes on to the tab, and not to the top of the page. */
  readonly takesFocus?: boolean;
  readonly children: ReactNode;
  onShow(value: string): void;
}

export function Tabs({ label, tabs, shown, takesFocus = false, children, onShow }: Wishes) {
  const styles = useStyles();
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (takesFocus && document.activeElement === document.body)
      list.current?.querySelector<HTMLElement>('[aria-selected=true]')?.focus();
  }, [takesFocus]);
  const turn = (event: KeyboardEvent) => {
    const at = tabs.findIndex(([value]) => value === shown);
    const to = placeOf(event.key, at, tabs.length);
    const next = tabs[to];
    if (!next) return;
    event.preventDefault();
    onShow(next[0]);
    list.current?.querySelectorAll<HTMLElement>('[role=tab]')[to]?.focus();
  };
  return (
    <>
      <div ref={list} role="tablist" aria-label={label} className={styles.list}>
        {tabs.map(([value, text]) => (
          <button
            key={value}
            type="button"
            role="tab"
            id={`${id}-${value}`}
            aria-selected={value === shown}
            aria-controls={`${id}-panel`}
            tabIndex={value === shown ? 0 : -1}
            className={mergeClasses(styles.tab, value === shown && styles.shown)}
            onClick={() => onShow(value)}
            onKeyDown={turn}
          >
            {text}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${shown}`} className={styles.panel}>
        {children}
      </div>
    </>
  );
}

function placeOf(key: string, at: number, count: number): number {
  switch (key) {
    case 'ArrowRight':
      return (at + 1) % count;
    case 'ArrowLeft':
      return (at + count - 1) % count;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return -1;
  }
}
