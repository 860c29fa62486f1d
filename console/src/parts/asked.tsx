/** A question before something that hurts: what will happen, to how many, and for the worst a number to type. */
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Input,
} from '@fluentui/react-components';
import { type SubmitEvent, useState } from 'react';
import { texts } from '../texts.ts';

interface Wishes {
  readonly title: string;
  readonly question: string;
  readonly submit: string;
  /** Must be typed, where it is given. */
  readonly type?: number | undefined;
  /** Nothing can be done; the question says why. */
  readonly impossible?: boolean;
  onAnswer(yes: boolean): void;
}

/** Stands only while it is asked: closed, it would leave invisible stops in the order of the keyboard. */
export function Asked({ title, question, submit, type, impossible = false, onAnswer }: Wishes) {
  const [typed, setTyped] = useState('');
  const isReady = !impossible && (type === undefined || typed.trim() === String(type));
  const answer = (event: SubmitEvent) => {
    event.preventDefault();
    if (!isReady) return;
    setTyped('');
    onAnswer(true);
  };
  return (
    <Dialog open modalType="alert" onOpenChange={(_event, data) => (data.open ? undefined : onAnswer(false))}>
      <DialogSurface>
        <form onSubmit={answer}>
          <DialogBody>
            <DialogTitle>{title}</DialogTitle>
            <DialogContent>
              <p>{question}</p>
              {type === undefined || impossible ? null : (
                <Field label={texts.actions.typeCount(type)}>
                  <Input value={typed} inputMode="numeric" onChange={(_event, { value }) => setTyped(value)} />
                </Field>
              )}
            </DialogContent>
            <DialogActions>
              <Button type="submit" appearance="primary" disabled={!isReady}>
                {submit}
              </Button>
              <Button onClick={() => onAnswer(false)}>{texts.cancelDialog}</Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}
