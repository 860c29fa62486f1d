/** Rows M1 to M8, in each of the three ways; each ends with a connector that may send. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { keptSecret } from './kept-secret.ts';
import { adminUrl, ceo, type Place, redirectUri, systemAccount } from './place.ts';
import { portalHands } from './portal-hands.ts';
import { mailroom, type Reply } from './product.ts';

const minuteMs = 60_000;

export type Way = 'automatic' | 'guided' | 'file';

export async function setUp(way: Way, place: Place): Promise<void> {
  switch (way) {
    case 'automatic':
      await automatic(place);
      break;
    case 'guided':
      await guided(place);
      break;
    case 'file':
      await byFile(place);
      break;
  }
  theRegistration(place);
}

/** A code or a browser: the administrator signs in and accepts. */
export function signsIn({ admin }: Place): Reply {
  return {
    when: /Open (\S+) in a browser, enter the code (\w+)/,
    act: async ([, url = '', code = '']) => {
      await admin.enterCode(url, code);
      return undefined;
    },
  };
}

async function automatic(place: Place): Promise<void> {
  const { rows, hosts, setupFolder, tenant } = place;
  const { status, stdout, stderr } = await mailroom(
    [
      ...['setup', '--tenant', 'contoso.example', '--user-name', systemAccount, '--admin-url', adminUrl],
      ...['--credential', 'secret', '--days', '180', '--folder', setupFolder, ...hosts],
    ],
    { replies: [{ when: /Go on\? \[y\/N\]/, act: () => 'y' }, signsIn(place)] },
  );
  rows.prove('M2', 'mailroom setup ends without a fault', status === 0 && stderr === '');
  rows.prove(
    'M7',
    'it says before that Mail.Send is asked for',
    stdout.includes('Application permissions > Mail.Send'),
  );
  rows.prove('M8', 'it says that consent was granted', /yes {3}Grant admin consent/.test(stdout));
  rows.prove('M9', 'it warns that Mail.Send covers every mailbox', stdout.includes('covers every mailbox'));
  theSecretFile(place, stdout + stderr);
  // Consent and a new secret take their time in Entra.
  tenant.clock.advance(2 * minuteMs);
}

async function guided(place: Place): Promise<void> {
  const { rows, hosts, setupFolder, tenant, admin } = place;
  await using portal = await portalHands(place);
  let objectId = '';
  let clientId = '';
  let secret = { value: '', endsOn: '' };
  const replies: Reply[] = [
    { when: /User Name \(address of the system account\): $/, act: () => systemAccount },
    {
      when: /Application \(client\) ID: $/,
      act: async () => {
        ({ objectId, clientId } = await portal.register());
        return ` ${clientId} `;
      },
    },
    { when: /Directory \(tenant\) ID: $/, act: () => tenant.tenantId },
    {
      // The ID is what people paste first: it is told apart from the value, and asked for again.
      when: /Value of the client secret: $/,
      act: () => '11111111-2222-4333-8444-555555555555',
    },
    {
      when: /not its value[\s\S]*Value of the client secret: $/,
      act: async () => {
        secret = await portal.newSecret(objectId);
        tenant.clock.advance(2 * minuteMs);
        return secret.value;
      },
    },
    { when: /Expires date \(YYYY-MM-DD\): $/, act: () => secret.endsOn },
    {
      // Before the grant it is not there, and says so; then the administrator grants it by the link.
      when: /(https:\S+adminconsent\S+)[\s\S]*Mend it and press Enter to look again, or type skip: $/,
      act: async ([, link = '']) => {
        await portal.addPermission(objectId);
        const answer = await admin.consentAt(link);
        rows.prove('M8', 'the consent link leads back to the registered address', answer.startsWith(redirectUri));
        tenant.clock.advance(2 * minuteMs);
        return '';
      },
    },
    { when: /A mailbox that the app must not use.*: $/, act: () => ceo },
    { when: /ceo@contoso\.example is allowed as well[\s\S]*type skip: $/, act: () => 'skip' },
  ];
  const words = ['setup', '--way', 'guided', '--admin-url', adminUrl, '--folder', setupFolder, ...hosts];
  const { status, stdout, stderr } = await mailroom(words, { replies });
  rows.prove('M2', 'mailroom setup --way guided ends without a fault', status === 0 && stderr === '');
  rows.prove('M2', 'it shows name, account type and redirect URI to copy', stdout.includes(`Web, ${redirectUri}`));
  rows.prove('M6', 'it says when the secret ends', stdout.includes(`ends on ${secret.endsOn}`));
  const yaml = readFileSync(join(setupFolder, 'connector.yaml'), 'utf8');
  rows.prove(
    'M6',
    'and notes it in the connector, so that the server warns',
    yaml.includes(`endsOn: ${secret.endsOn}`),
  );
  rows.prove('M7', 'it names the permission by the portal’s own words', stdout.includes('Application permissions'));
  rows.prove('M9', 'a mailbox that is open is shown red', /NO {4}The app may not send as anybody else/.test(stdout));
  theSecretFile(place, stdout + stderr);
}

async function byFile(place: Place): Promise<void> {
  const { rows, hosts, setupFolder, tenant, admin } = place;
  await using portal = await portalHands(place);
  const { objectId, clientId } = await portal.register();
  const { value } = await portal.newSecret(objectId);
  tenant.clock.advance(2 * minuteMs);
  const words = [
    ...['setup', '--way', 'file', '--tenant', tenant.tenantId, '--client-id', ` ${clientId} `],
    ...['--user-name', systemAccount, '--folder', setupFolder, ...hosts],
  ];
  const wrong = await mailroom(words, { input: '11111111-2222-4333-8444-555555555555\n' });
  rows.prove('M4', 'the ID of a secret is told apart from its value', wrong.stderr.includes('not its value'));
  const before = await mailroom(words, { input: `  ${value}  \n` });
  rows.prove('M8', 'without consent it says who can grant it', /NO {4}The app may send as/.test(before.stdout));
  theSecretFile(place, before.stdout + before.stderr);
  await portal.addPermission(objectId);
  const config = join(setupFolder, 'connector.yaml');
  const consent = await mailroom(
    ['consent', '--config', config, '--redirect-uri', redirectUri, '--every', '1', '--wait', '1'],
    {
      replies: [
        {
          when: /(https:\S+adminconsent\S+)/,
          act: async ([, link = '']) => {
            const answer = await admin.consentAt(link);
            rows.prove('M8', 'the consent link leads back to the registered address', answer.startsWith(redirectUri));
            tenant.clock.advance(2 * minuteMs);
            return undefined;
          },
        },
      ],
    },
  );
  rows.prove('M8', 'the grant is looked up and seen', consent.status === 0 && /is granted/.test(consent.stdout));
}

function theSecretFile(place: Place, said: string): void {
  const { rows, tenant } = place;
  const kept = keptSecret(place);
  const secret = kept?.secret ?? '';
  const sealed = kept ? readFileSync(kept.vaultFile, 'utf8') : '';
  const [known] = tenant.directory.state.applications.at(-1)?.passwordCredentials ?? [];
  rows.prove(
    'M5',
    'the secret is the app’s, encrypted at rest, in a file for its owner alone',
    known?.secretText === secret && !sealed.includes(secret) && mode(kept?.vaultFile ?? '') === 0o600,
  );
  rows.prove('M5', 'it is never shown', secret !== '' && !said.includes(secret));
  rows.prove('M5', 'it has a description', (known?.displayName ?? '') !== '');
  const days = (Date.parse(known?.endDateTime ?? '') - Date.now()) / 86_400_000;
  rows.prove('M5', 'it ends within 24 months', days > 0 && days <= 731);
}

function mode(file: string): number {
  return process.platform === 'win32' ? 0o600 : (statSync(file, { throwIfNoEntry: false })?.mode ?? 0) & 0o777;
}

function theRegistration({ rows, tenant, setupFolder }: Place): void {
  const app = tenant.directory.state.applications.at(-1);
  rows.prove('M2', 'the app is registered for this directory only', app?.signInAudience === 'AzureADMyOrg');
  rows.prove('M2', 'with the redirect URI of the manual', app?.web.redirectUris.includes(redirectUri) ?? false);
  const yaml = readFileSync(join(setupFolder, 'connector.yaml'), 'utf8');
  rows.prove('M3', 'the Application (client) ID is in the connector', yaml.includes(`oauthClientId: ${app?.appId}`));
  rows.prove('M3', 'the Directory (tenant) ID is in the connector', yaml.includes(`tenantId: ${tenant.tenantId}`));
  rows.prove('M1', 'the system account is in the connector', yaml.includes(`userName: ${systemAccount}`));
  const asked = app?.requiredResourceAccess.flatMap(({ resourceAccess }) => resourceAccess) ?? [];
  rows.prove(
    'M7',
    'the registration asks for Mail.Send and nothing else',
    asked.length === 1 && asked[0]?.type === 'Role',
  );
  const granted = tenant.directory.state.appRoleAssignments.filter(
    ({ principalId }) => principalId === tenant.directory.servicePrincipalByAppId(app?.appId ?? '')?.id,
  );
  rows.prove('M8', 'exactly one permission is granted', granted.length === 1);
}
