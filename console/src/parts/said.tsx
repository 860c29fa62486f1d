/** What has just been done, said to everybody: a line on the screen that a screen reader reads out. */
import { MessageBar, MessageBarBody } from '@fluentui/react-components';

export function Said({ text }: { text: string }) {
  return (
    <div role="status">
      {text === '' ? null : (
        <MessageBar intent="success">
          <MessageBarBody>{text}</MessageBarBody>
        </MessageBar>
      )}
    </div>
  );
}
