/** A question before something that hurts: what will happen, to how many, and for the worst a number to type. */
import { Button, Field, Input, makeStyles } from '@fluentui/react-components';
import { type ReactNode, useState } from 'react';
import { texts } from '../texts.ts';
import { Modal } from './modal.tsx';

const useStyles = makeStyles({ question: { margin: 0 } });

interface Wishes {
  readonly title: string;
  readonly question: string;
  readonly submit: string;
  /** Must be typed, where it is given. */
  readonly type?: number | undefined;
  /** Nothing can be done; the question says why. */
  readonly impossible?: boolean;
  /** What may be chosen beside it, below the question. */
  readonly children?: ReactNode;
  onAnswer(yes: boolean): void;
}

/** Stands only while it is asked. */
export function Asked({ title, question, submit, type, impossible = false, children, onAnswer }: Wishes) {
  const styles = useStyles();
  const [typed, setTyped] = useState('');
  const isReady = !impossible && (type === undefined || typed.trim() === String(type));
  return (
    <Modal
      title={title}
      place="middle"
      onClose={() => onAnswer(false)}
      onSubmit={() => (isReady ? onAnswer(true) : undefined)}
      actions={
        <Button type="submit" appearance="primary" disabled={!isReady}>
          {submit}
        </Button>
      }
    >
      <p className={styles.question}>{question}</p>
      {children}
      {type === undefined || impossible ? null : (
        <Field label={texts.actions.typeCount(type)}>
          <Input value={typed} inputMode="numeric" onChange={(_event, { value }) => setTyped(value)} />
        </Field>
      )}
    </Modal>
  );
}
