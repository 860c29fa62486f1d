import { exchangeAppId } from '../directory/well-known.ts';

/** Microsoft's own public clients, which every tenant knows without registering them: sign-in by tools starts with one. */
export const knownPublicClients: ReadonlyMap<string, string> = new Map([
  ['14d82eec-204b-4c2f-b7e8-296a70dab67e', 'Microsoft Graph Command Line Tools'],
  ['04b07795-8ddb-461a-bbee-02f9e1bf7b46', 'Microsoft Azure CLI'],
  ['fb78d390-0c51-40cd-8e17-fdbfab77341b', 'Microsoft Exchange REST API Based Powershell'],
]);

/**
 * What Microsoft has allowed its own clients beforehand: nobody is asked for consent. The module of Exchange Online signs
 * anybody in, and Exchange itself decides by their roles what they may do.
 */
export function allowedBeforehand(clientId: string, resourceAppId: string): readonly string[] {
  return clientId === 'fb78d390-0c51-40cd-8e17-fdbfab77341b' && resourceAppId === exchangeAppId
    ? ['AdminApi.AccessAsUser.All']
    : [];
}

/** Where those may be sent back to: the machine that the tool runs on, at any port. */
export const knownClientRedirects: readonly string[] = [
  'http://localhost',
  'https://login.microsoftonline.com/common/oauth2/nativeclient',
];
