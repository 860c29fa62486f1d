/** What was made for a client, shown this once. */
import { Button, MessageBar, MessageBarActions, MessageBarBody } from '@fluentui/react-components';
import { Facts } from '../../parts/facts.tsx';
import type { Shown } from '../../parts/settings.ts';
import { Copied } from '../../parts/small.tsx';
import { texts } from '../../texts.ts';

export function ShownOnce({ shown, onDone }: { shown: Shown & { readonly login?: string }; onDone: () => void }) {
  const words = texts.clients;
  return (
    <MessageBar intent="warning" layout="multiline">
      <MessageBarBody>
        <p>{words.shownOnce}</p>
        <Facts
          rows={[
            ...(shown.password === undefined
              ? []
              : ([
                  [words.loginName, <Copied key="login" value={shown.login ?? ''} what={words.loginName} />],
                  [words.password, <Copied key="password" value={shown.password} what={words.password} />],
                ] as const)),
            ...(shown.apiKey === undefined
              ? []
              : ([[words.apiKey, <Copied key="key" value={shown.apiKey} what={words.apiKey} />]] as const)),
          ]}
        />
      </MessageBarBody>
      <MessageBarActions>
        <Button onClick={onDone}>{words.kept}</Button>
      </MessageBarActions>
    </MessageBar>
  );
}
