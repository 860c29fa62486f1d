/**
 * An app registration as tests and tools hold it: what they would otherwise click in the portal.
 */
import { addCertificate, addPassword, createApplication, ensureServicePrincipal } from './directory/applications.ts';
import { assignAppRole, withdrawAppRole } from './directory/consent.ts';
import type { Directory } from './directory/directory.ts';
import type { Application, ServicePrincipal } from './directory/directory-state.ts';
import { exchangeAppId, graphAppId } from './directory/well-known.ts';
import type { Profile } from './profile.ts';

export interface NewAppOptions {
  readonly displayName?: string;
  /** Application (client) ID; a new one when left out. */
  readonly clientId?: string;
  /** App roles by value: Graph's, or Exchange Online's where Graph has none of that name. */
  readonly roles?: readonly string[];
  readonly redirectUris?: readonly string[];
  /** Device code and other flows without a credential. */
  readonly publicClient?: boolean;
}

export class PracticeApp {
  readonly application: Application;
  readonly servicePrincipal: ServicePrincipal;
  readonly #directory: Directory;
  readonly #profile: Profile;
  readonly #now: () => number;

  private constructor(directory: Directory, profile: Profile, now: () => number, application: Application) {
    this.#directory = directory;
    this.#profile = profile;
    this.#now = now;
    this.application = application;
    this.servicePrincipal = ensureServicePrincipal(directory, application.appId, now());
  }

  /** Registers an app and grants its roles, known everywhere at once. @throws Error for a role that nobody has */
  static register(directory: Directory, profile: Profile, now: () => number, options: NewAppOptions): PracticeApp {
    const application = createApplication(directory, { displayName: options.displayName ?? 'Mailroom' }, now());
    if (options.clientId) application.appId = options.clientId.toLowerCase();
    if (options.redirectUris) application.web.redirectUris.push(...options.redirectUris);
    if (options.publicClient) application.isFallbackPublicClient = true;
    const app = new PracticeApp(directory, profile, now, application);
    for (const role of options.roles ?? []) app.grant(role);
    return app;
  }

  /** An app that is registered, by its client id. */
  static of(directory: Directory, profile: Profile, now: () => number, clientId: string): PracticeApp | undefined {
    const application = directory.applicationByAppId(clientId);
    return application ? new PracticeApp(directory, profile, now, application) : undefined;
  }

  /** Application (client) ID. */
  get clientId(): string {
    return this.application.appId;
  }

  /** Object id of the service principal: `oid` and `sub` of its tokens. */
  get servicePrincipalId(): string {
    return this.servicePrincipal.id;
  }

  set disabled(disabled: boolean) {
    this.servicePrincipal.accountEnabled = !disabled;
  }

  /** A client secret that works at once. @param expiresAt ms since the epoch */
  addSecret(expiresAt: number): string {
    const dates = {
      startDateTime: new Date(this.#now() - 60_000).toISOString(),
      endDateTime: new Date(expiresAt).toISOString(),
    };
    const profile = { ...this.#profile, credentialDelayMs: 0 };
    const fields = { displayName: 'Practice', ...dates };
    return addPassword(this.#directory, this.application, fields, this.#now(), profile).secretText;
  }

  /** Moves the end of every secret. @param at ms since the epoch */
  expireSecrets(at: number): void {
    for (const secret of this.application.passwordCredentials) secret.endDateTime = new Date(at).toISOString();
  }

  /** Registers a certificate (PEM) that works at once. */
  addCertificate(pem: string): void {
    addCertificate(this.application, pem, this.#now(), { ...this.#profile, credentialDelayMs: 0 });
  }

  /** Grants an app role, known at once. @throws Error for a role that neither Graph nor Exchange Online has */
  grant(role: string): void {
    for (const appId of [graphAppId, exchangeAppId]) {
      const resource = this.#directory.servicePrincipalByAppId(appId);
      const found = resource?.appRoles.find(({ value }) => value === role);
      if (!resource || !found) continue;
      const ids = { principalId: this.servicePrincipalId, resourceId: resource.id, appRoleId: found.id };
      assignAppRole(this.#directory, ids, this.#now(), 0);
      return;
    }
    throw new Error(`Neither Microsoft Graph nor Office 365 Exchange Online has an app role ${role}.`);
  }

  /** App roles that are granted, by value. */
  granted(): readonly string[] {
    const { appRoleAssignments, servicePrincipals } = this.#directory.state;
    const mine = appRoleAssignments.filter(({ principalId }) => principalId === this.servicePrincipalId);
    return mine.flatMap(({ appRoleId, resourceId }) => {
      const resource = servicePrincipals.find(({ id }) => id === resourceId);
      return resource?.appRoles.find(({ id }) => id === appRoleId)?.value ?? [];
    });
  }

  /** Withdraws every app role, known at once. */
  withdrawAll(): void {
    const mine = this.#directory.state.appRoleAssignments.filter(
      ({ principalId }) => principalId === this.servicePrincipalId,
    );
    for (const { id } of mine) withdrawAppRole(this.#directory, id, this.#now(), 0);
  }
}
