/** Passkeys in the browser: one is made, or one is used. */
import {
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  startRegistration,
} from '@simplewebauthn/browser';
import { asked, client, done } from './api.ts';

/** @throws ProblemError; what the browser says when the person gives up */
export async function signInWithPasskey() {
  const optionsJSON = await asked(client.POST('/api/passkey/challenge'));
  if (!isRequest(optionsJSON)) throw new Error('The server asked for something else.');
  const { clientExtensionResults: _, ...response } = await startAuthentication({ optionsJSON });
  return asked(client.POST('/api/passkey', { body: { response } }));
}

/** @throws as above */
export async function addPasskey(name: string, password: string): Promise<void> {
  const optionsJSON = await asked(client.POST('/api/me/passkeys/challenge', { body: { password } }));
  if (!isCreation(optionsJSON)) throw new Error('The server asked for something else.');
  const { clientExtensionResults: _, ...response } = await startRegistration({ optionsJSON });
  await done(client.POST('/api/me/passkeys', { body: { name, response } }));
}

function isRequest(options: object): options is PublicKeyCredentialRequestOptionsJSON {
  return 'challenge' in options && 'rpId' in options;
}

function isCreation(options: object): options is PublicKeyCredentialCreationOptionsJSON {
  return 'challenge' in options && 'rp' in options && 'user' in options && 'pubKeyCredParams' in options;
}
