/** How an administrator of the tenant signs in for a job: with a code on any device, or in this browser. */
import { useState } from 'react';
import { redirectUri } from '../api.ts';
import { texts } from '../texts.ts';
import { SettingField } from './setting-field.tsx';

/** What a request says of it. */
export interface SignInBody {
  readonly way: 'code' | 'browser';
  readonly client?: string;
}

export function useSignIn(): { readonly body: SignInBody; readonly fields: React.ReactNode } {
  const words = texts.setUp;
  const [way, setWay] = useState<SignInBody['way']>('code');
  const [clientId, setClientId] = useState('');
  const chosen = clientId.trim();
  return {
    body: { way, ...(chosen === '' ? {} : { client: chosen }) },
    fields: (
      <>
        <SettingField
          label={words.signInWay}
          value={way}
          options={Object.entries(words.signInWays)}
          onChange={(value) => setWay(value === 'browser' ? 'browser' : 'code')}
        />
        {way === 'browser' ? (
          <SettingField
            label={words.signInClient}
            value={clientId}
            hint={words.signInClientHint(redirectUri)}
            onChange={setClientId}
          />
        ) : null}
      </>
    ),
  };
}
