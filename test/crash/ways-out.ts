/** The ways out that the crash suite sends by: how they are configured, and what arrived by them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PracticeTenant } from '../../practice-tenant/tenant.ts';
import { type SmartHost, startSmartHost } from '../alerts/smart-host.ts';

/** `fall-back`: by Graph, whose secret is refused, and so by the smart host. `uploads`: large mail by drafts. */
export type WayOut = 'graph' | 'uploads' | 'smtp-oauth' | 'smtp' | 'fall-back';

export interface OpenWay extends AsyncDisposable {
  /** Keys of the configuration. */
  readonly connectors: readonly object[];
  readonly routes: readonly object[];
  /** Message-IDs of what arrived, each as often as it did. */
  arrived(): readonly string[];
  /** What should not be in the sender's mailbox any more, in words. */
  left(): readonly string[];
}

export interface WayPlan {
  readonly way: WayOut;
  readonly tenant: PracticeTenant;
  /** Where files of the configuration go. */
  readonly folder: string;
  readonly sender: string;
  readonly recipient: string;
}

const account = { login: 'mailroom', password: 'the password of the smart host' };

export async function openWay({ way, tenant, folder, sender, recipient }: WayPlan): Promise<OpenWay> {
  const host = way === 'smtp' || way === 'fall-back' ? await startSmartHost(account) : undefined;
  // What was in flight stays uncertain, so that no second copy can hide a first one that was lost.
  const common = { userName: sender, limits: 'unlimited', uncertain: 'hold' };
  const microsoft = { ...common, ...registration(tenant, folder, way === 'fall-back'), name: 'default' };
  const smartHost = {
    ...common,
    ...account,
    name: 'host',
    kind: 'smtp',
    host: '127.0.0.1',
    tls: 'none',
    port: host?.port,
  };
  const configured = {
    graph: { connectors: [microsoft], routes: [] },
    uploads: { connectors: [{ ...microsoft, largeMessages: 'upload' }], routes: [] },
    'smtp-oauth': { connectors: [{ ...microsoft, kind: 'smtp-oauth' }], routes: [] },
    smtp: { connectors: [smartHost], routes: [] },
    'fall-back': {
      connectors: [microsoft, smartHost],
      routes: [{ name: 'all', connectors: ['default', 'host'], fallBackAfter: '1 s' }],
    },
  };
  return {
    ...configured[way],
    arrived: () => [
      ...tenant.mailbox(recipient).map(({ internetMessageId }) => internetMessageId),
      ...(host ? idsOf(host) : []),
    ],
    left: () =>
      (['drafts', 'deleteditems'] as const).flatMap((place) =>
        tenant.mailbox(sender, place).map((copy) => `a draft of ${copy.internetMessageId} was left in ${place}`),
      ),
    async [Symbol.asyncDispose]() {
      await host?.[Symbol.asyncDispose]();
    },
  };
}

/** An app that may send by Graph and by SMTP. */
function registration(tenant: PracticeTenant, folder: string, isRefused: boolean): object {
  const { app, secret } = tenant.addApp({ roles: ['Mail.Send', 'Mail.ReadWrite'] });
  const { exchange } = tenant.directory.state;
  exchange.smtpClientAuthenticationDisabled = false;
  exchange.servicePrincipals.push({ objectId: app.servicePrincipalId, appId: app.clientId, displayName: 'Mailroom' });
  tenant.setRoleAssignments([{ clientId: app.clientId, role: 'Application SMTP.SendAsApp', mailboxes: undefined }]);
  writeFileSync(join(folder, 'ca.pem'), tenant.caPem);
  writeFileSync(join(folder, 'app.secret'), isRefused ? 'a secret of another app' : secret, { mode: 0o600 });
  const smtp = `localhost:${tenant.smtpPort}`;
  return {
    cloud: { custom: { login: tenant.origin, graph: tenant.origin, smtp } },
    caFile: 'ca.pem',
    oauthClientId: app.clientId,
    tenantId: tenant.tenantId,
    secret: { file: 'app.secret' },
  };
}

function idsOf({ mails }: SmartHost): string[] {
  return mails.map(({ headers }) => String(headers.get('message-id')));
}
