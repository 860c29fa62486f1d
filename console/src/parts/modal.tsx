/**
 * What stands over the page until it is answered: a question in the middle, or a panel at the side. It is the browser's own
 * dialog, which keeps the focus inside, closes by Escape and gives the focus back, without invisible stops beside it.
 */
import { Button, makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { type ReactNode, type SubmitEvent, useId, useLayoutEffect, useRef } from 'react';
import { texts } from '../texts.ts';
import { focusHeading } from './focus.ts';

const narrow = '@media (max-width: 700px)';

const useStyles = makeStyles({
  surface: {
    boxSizing: 'border-box',
    padding: 0,
    color: tokens.colorNeutralForeground1,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorTransparentStroke}`,
    boxShadow: tokens.shadow64,
    overflow: 'hidden',
    fontFamily: tokens.fontFamilyBase,
    fontSize: tokens.fontSizeBase300,
    lineHeight: tokens.lineHeightBase300,
    '::backdrop': { backgroundColor: 'rgba(0, 0, 0, 0.4)' },
  },
  middle: {
    width: 'min(600px, calc(100vw - 24px))',
    maxHeight: 'calc(100dvh - 24px)',
    borderRadius: tokens.borderRadiusXLarge,
  },
  side: {
    width: 'min(640px, 100vw)',
    height: '100dvh',
    maxHeight: '100dvh',
    maxWidth: '100vw',
    margin: '0 0 0 auto',
  },
  form: { display: 'flex', flexDirection: 'column', maxHeight: 'inherit', height: '100%', boxSizing: 'border-box' },
  head: {
    display: 'flex',
    alignItems: 'start',
    justifyContent: 'space-between',
    gap: tokens.spacingHorizontalM,
    padding: `${tokens.spacingVerticalXL} ${tokens.spacingHorizontalXXL} ${tokens.spacingVerticalS}`,
    [narrow]: { padding: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalM}` },
  },
  title: {
    margin: 0,
    fontSize: tokens.fontSizeBase500,
    lineHeight: tokens.lineHeightBase500,
    fontWeight: tokens.fontWeightSemibold,
    overflowWrap: 'anywhere',
  },
  body: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalL,
    overflowY: 'auto',
    flexGrow: 1,
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalXXL}`,
    [narrow]: { padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}` },
  },
  actions: {
    display: 'flex',
    flexWrap: 'wrap',
    gap: tokens.spacingHorizontalS,
    padding: `${tokens.spacingVerticalL} ${tokens.spacingHorizontalXXL}`,
    [narrow]: { padding: tokens.spacingHorizontalM },
  },
  actionsMiddle: { justifyContent: 'end' },
  actionsSide: { borderTop: `1px solid ${tokens.colorNeutralStroke2}` },
});

interface Wishes {
  readonly title: string;
  /** A panel at the side has room for a form; a question stands in the middle. */
  readonly place: 'side' | 'middle';
  readonly children: ReactNode;
  readonly actions: ReactNode;
  onSubmit(): void;
  /** By Escape or the button: whoever shows it takes it away. */
  onClose(): void;
}

/** Stands only while it is shown. */
export function Modal({ title, place, children, actions, onSubmit, onClose }: Wishes) {
  const styles = useStyles();
  const surface = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useLayoutEffect(() => {
    const dialog = surface.current;
    dialog?.showModal();
    // Left to itself, the browser may choose the part that scrolls.
    dialog?.querySelector<HTMLElement>('input, select, textarea, button:not([disabled])')?.focus();
    return () => {
      // Closed before it is taken away, so that the browser gives the focus back; what had it may be gone by now.
      dialog?.close();
      requestAnimationFrame(focusHeading);
    };
  }, []);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    onSubmit();
  };
  const isSide = place === 'side';
  return (
    <dialog
      ref={surface}
      role={isSide ? 'dialog' : 'alertdialog'}
      aria-labelledby={heading}
      className={mergeClasses(styles.surface, isSide ? styles.side : styles.middle)}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <form className={styles.form} onSubmit={submit} noValidate>
        <div className={styles.head}>
          <h2 id={heading} className={styles.title}>
            {title}
          </h2>
        </div>
        <div className={styles.body}>{children}</div>
        <div className={mergeClasses(styles.actions, isSide ? styles.actionsSide : styles.actionsMiddle)}>
          {actions}
          <Button onClick={onClose}>{texts.cancelDialog}</Button>
        </div>
      </form>
    </dialog>
  );
}
