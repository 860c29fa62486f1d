/** Where the focus goes when what had it is gone: to something near, to the heading of the screen, and never to nowhere. */
import { useEffect, useRef } from 'react';

const isNowhere = () => document.activeElement === null || document.activeElement === document.body;

export function focusHeading(): void {
  if (isNowhere()) document.querySelector<HTMLElement>('h1[tabindex]')?.focus();
}

/**
 * For a row of buttons that come and go with a state: when the one that has the focus goes, the first that is left takes it.
 * @param shown says which there are
 */
export function useKeptFocus(shown: string) {
  const row = useRef<HTMLDivElement>(null);
  const had = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: at each change of what is shown, and of nothing else
  useEffect(() => {
    if (!had.current || !isNowhere()) return;
    const next = row.current?.querySelector('button');
    if (next) next.focus();
    else focusHeading();
  }, [shown]);
  useEffect(() => {
    const note = ({ type, target }: FocusEvent) => {
      if (type === 'focusin') had.current = row.current?.contains(document.activeElement) ?? false;
      // Somebody has left it; what is taken away has not been left.
      else if (isNowhere() && target instanceof Node && target.isConnected) had.current = false;
    };
    document.addEventListener('focusin', note);
    document.addEventListener('focusout', note);
    return () => {
      document.removeEventListener('focusin', note);
      document.removeEventListener('focusout', note);
    };
  }, []);
  return row;
}
