/**
 * The few calls to the directory (Graph) that setting up an app needs. Each says in its error what was asked, what
 * answered, and the request id that Microsoft's support asks for.
 */

import { z } from 'zod';
import type { Connections } from './connections.ts';
import {
  assignedPoliciesSchema,
  type CredentialPolicy,
  credentialPolicyOf,
  tenantPolicySchema,
} from './credential-policy.ts';
import { exchange } from './exchange.ts';

export interface DirectoryClientOptions {
  /** Origin of Graph. */
  readonly graph: string;
  readonly token: string;
  readonly connections: Connections;
  readonly newId: () => string;
}

/** Graph refused, or did not answer (`status` 0). */
export class DirectoryError extends Error {
  readonly status: number;
  readonly code: string | undefined;
  constructor(sentence: string, status: number, code?: string) {
    super(sentence);
    this.name = 'DirectoryError';
    this.status = status;
    this.code = code;
  }
}

const deadlines = { uploadMs: 20_000, answerMs: 60_000 };

const errorSchema = z.object({ error: z.object({ code: z.string().optional(), message: z.string().optional() }) });
const credentialSchema = z.object({
  keyId: z.string(),
  displayName: z.string().nullish(),
  endDateTime: z.string().nullish(),
  /** First characters of the secret. */
  hint: z.string().nullish(),
});
const keyCredentialSchema = z.looseObject({
  keyId: z.string().optional(),
  endDateTime: z.string().nullish(),
  customKeyIdentifier: z.string().nullish(),
});
const applicationSchema = z.object({
  id: z.string(),
  appId: z.string(),
  displayName: z.string(),
  createdDateTime: z.string().nullish(),
  passwordCredentials: z.array(credentialSchema).default([]),
  keyCredentials: z.array(keyCredentialSchema).default([]),
});
const requiredAccessSchema = z.object({
  requiredResourceAccess: z
    .array(
      z.looseObject({
        resourceAppId: z.string(),
        resourceAccess: z.array(z.looseObject({ id: z.string(), type: z.string() })),
      }),
    )
    .default([]),
});
const servicePrincipalSchema = z.object({
  id: z.string(),
  appId: z.string(),
  displayName: z.string().nullish(),
  appRoles: z.array(z.object({ id: z.string(), value: z.string().nullish() })).default([]),
});
const organizationSchema = z.object({
  value: z.array(z.object({ id: z.string(), displayName: z.string().nullish() })),
});
const passwordSchema = z.object({ keyId: z.string(), secretText: z.string(), endDateTime: z.string() });
const assignmentSchema = z.object({
  id: z.string(),
  appRoleId: z.string(),
  principalId: z.string(),
  resourceId: z.string(),
});

export type DirectoryApplication = z.infer<typeof applicationSchema>;
export type DirectoryServicePrincipal = z.infer<typeof servicePrincipalSchema>;
export type RoleGrant = z.infer<typeof assignmentSchema>;

export class DirectoryClient {
  readonly #options: DirectoryClientOptions;

  constructor(options: DirectoryClientOptions) {
    this.#options = options;
  }

  async tenant(): Promise<{ readonly id: string; readonly displayName: string }> {
    const { value } = await this.#call('GET', '/v1.0/organization?$select=id,displayName', organizationSchema);
    const [first] = value;
    if (!first) throw new DirectoryError('Graph names no organization for this sign-in.', 200);
    return { id: first.id, displayName: first.displayName ?? '' };
  }

  async createApplication(fields: {
    readonly displayName: string;
    readonly signInAudience: string;
    readonly redirectUri?: string;
  }): Promise<DirectoryApplication> {
    const { redirectUri, ...rest } = fields;
    const web = redirectUri === undefined ? {} : { web: { redirectUris: [redirectUri] } };
    return this.#call('POST', '/v1.0/applications', applicationSchema, { ...rest, ...web });
  }

  /** @throws DirectoryError with status 404 where there is none */
  application(objectId: string): Promise<DirectoryApplication> {
    return this.#call('GET', `/v1.0/applications/${encodeURIComponent(objectId)}`, applicationSchema);
  }

  /** By its client ID. @throws DirectoryError with status 404 where there is none */
  applicationOf(appId: string): Promise<DirectoryApplication> {
    const select = '$select=id,appId,displayName,createdDateTime,passwordCredentials,keyCredentials';
    return this.#call('GET', `/v1.0/applications(appId='${encodeURIComponent(appId)}')?${select}`, applicationSchema);
  }

  async removePassword(objectId: string, keyId: string): Promise<void> {
    await this.#call('POST', `/v1.0/applications/${encodeURIComponent(objectId)}/removePassword`, z.unknown(), {
      keyId,
    });
  }

  /** The collection is replaced as a whole, so that the others are sent again. */
  async removeCertificate(objectId: string, keyId: string): Promise<void> {
    const path = `/v1.0/applications/${encodeURIComponent(objectId)}`;
    const { keyCredentials } = await this.#call(
      'GET',
      `${path}?$select=id,appId,displayName,keyCredentials`,
      applicationSchema,
    );
    const kept = keyCredentials.filter((credential) => credential.keyId !== keyId);
    await this.#call('PATCH', path, z.unknown(), { keyCredentials: kept });
  }

  async deleteApplication(objectId: string): Promise<void> {
    await this.#call('DELETE', `/v1.0/applications/${encodeURIComponent(objectId)}`, z.unknown());
  }

  /** A client secret; its value is answered this once. @param endDateTime ISO 8601 */
  addPassword(objectId: string, displayName: string, endDateTime: string) {
    return this.#call('POST', `/v1.0/applications/${encodeURIComponent(objectId)}/addPassword`, passwordSchema, {
      passwordCredential: { displayName, endDateTime },
    });
  }

  /** Adds a certificate beside those that are there: the collection is replaced as a whole, so they are sent again. */
  async addCertificate(objectId: string, displayName: string, certificatePem: string): Promise<void> {
    const path = `/v1.0/applications/${encodeURIComponent(objectId)}`;
    const { keyCredentials } = await this.#call(
      'GET',
      `${path}?$select=id,appId,displayName,keyCredentials`,
      applicationSchema,
    );
    const key = certificatePem.replace(/-----[^-]+-----|\s/g, '');
    const added = { type: 'AsymmetricX509Cert', usage: 'Verify', displayName, key };
    await this.#call('PATCH', path, z.unknown(), { keyCredentials: [...keyCredentials, added] });
  }

  /**
   * The same by the app itself, which needs no permission for it: it proves that it holds a certificate of the registration.
   * @param proof by `signKeyProof`
   */
  async rollInCertificate(
    objectId: string,
    displayName: string,
    certificatePem: string,
    proof: string,
  ): Promise<string> {
    const key = certificatePem.replace(/-----[^-]+-----|\s/g, '');
    const { keyId } = await this.#call(
      'POST',
      `/v1.0/applications/${encodeURIComponent(objectId)}/addKey`,
      z.object({ keyId: z.string() }),
      {
        keyCredential: { type: 'AsymmetricX509Cert', usage: 'Verify', displayName, key },
        passwordCredential: null,
        proof,
      },
    );
    return keyId;
  }

  /** @param proof by `signKeyProof` */
  async rollOutCertificate(objectId: string, keyId: string, proof: string): Promise<void> {
    const path = `/v1.0/applications/${encodeURIComponent(objectId)}/removeKey`;
    await this.#call('POST', path, z.unknown(), { keyId, proof });
  }

  /**
   * What the tenant allows for the credentials of this app; `not-told` where it may not be asked.
   * @throws DirectoryError for anything but a refusal
   */
  async credentialPolicy({
    id,
    createdDateTime,
  }: DirectoryApplication): Promise<CredentialPolicy | undefined | 'not-told'> {
    try {
      const tenant = await this.#call('GET', '/v1.0/policies/defaultAppManagementPolicy', tenantPolicySchema);
      const path = `/v1.0/applications/${encodeURIComponent(id)}/appManagementPolicies`;
      const assigned = await this.#call('GET', path, assignedPoliciesSchema);
      return credentialPolicyOf(tenant, assigned, Date.parse(createdDateTime ?? '') || 0);
    } catch (error) {
      if (error instanceof DirectoryError && (error.status === 403 || error.status === 401)) return 'not-told';
      throw error;
    }
  }

  /** What the consent screen lists, beside what it lists already; it grants nothing. */
  async requireRole(objectId: string, resourceAppId: string, ...appRoleIds: readonly string[]): Promise<void> {
    const path = `/v1.0/applications/${encodeURIComponent(objectId)}`;
    const { requiredResourceAccess: listed } = await this.#call('GET', path, requiredAccessSchema);
    const ofResource = listed.find((each) => each.resourceAppId === resourceAppId)?.resourceAccess ?? [];
    const added = appRoleIds.filter((id) => !ofResource.some((each) => each.id === id));
    if (added.length === 0) return;
    const resourceAccess = [...ofResource, ...added.map((id) => ({ id, type: 'Role' }))];
    await this.#call('PATCH', path, z.unknown(), {
      requiredResourceAccess: [
        ...listed.filter((each) => each.resourceAppId !== resourceAppId),
        { resourceAppId, resourceAccess },
      ],
    });
  }

  /** Makes a service principal or a person an owner; nothing happens where it is one already. */
  async addOwner(objectId: string, ownerId: string): Promise<void> {
    const path = `/v1.0/applications/${encodeURIComponent(objectId)}/owners`;
    const { value } = await this.#call('GET', path, z.object({ value: z.array(z.object({ id: z.string() })) }));
    if (value.some(({ id }) => id === ownerId)) return;
    const reference = `${this.#options.graph}/v1.0/directoryObjects/${encodeURIComponent(ownerId)}`;
    await this.#call('POST', `${path}/$ref`, z.unknown(), { '@odata.id': reference });
  }

  async servicePrincipalOf(appId: string): Promise<DirectoryServicePrincipal | undefined> {
    try {
      return await this.#call(
        'GET',
        `/v1.0/servicePrincipals(appId='${encodeURIComponent(appId)}')`,
        servicePrincipalSchema,
      );
    } catch (error) {
      if (error instanceof DirectoryError && error.status === 404) return undefined;
      throw error;
    }
  }

  createServicePrincipal(appId: string): Promise<DirectoryServicePrincipal> {
    return this.#call('POST', '/v1.0/servicePrincipals', servicePrincipalSchema, { appId });
  }

  /** Admin consent for one app role. A grant that is there already is found, not made twice. */
  async grantRole(principalId: string, resourceId: string, appRoleId: string): Promise<RoleGrant> {
    const path = `/v1.0/servicePrincipals/${encodeURIComponent(principalId)}/appRoleAssignments`;
    const there = await this.roleGrant(principalId, resourceId, appRoleId);
    return there ?? this.#call('POST', path, assignmentSchema, { principalId, resourceId, appRoleId });
  }

  /** Takes a grant back; nothing happens where there is none. */
  async withdrawRole(principalId: string, resourceId: string, appRoleId: string): Promise<void> {
    const grant = await this.roleGrant(principalId, resourceId, appRoleId);
    if (!grant) return;
    const path = `/v1.0/servicePrincipals/${encodeURIComponent(principalId)}/appRoleAssignments`;
    await this.#call('DELETE', `${path}/${encodeURIComponent(grant.id)}`, z.unknown());
  }

  async roleGrant(principalId: string, resourceId: string, appRoleId: string): Promise<RoleGrant | undefined> {
    const path = `/v1.0/servicePrincipals/${encodeURIComponent(principalId)}/appRoleAssignments`;
    const { value } = await this.#call('GET', path, z.object({ value: z.array(assignmentSchema) }));
    return value.find((grant) => grant.resourceId === resourceId && grant.appRoleId === appRoleId);
  }

  async #call<T>(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    schema: z.ZodType<T>,
    body?: object,
  ): Promise<T> {
    const { graph, token, connections, newId } = this.#options;
    const asked = `${method} ${graph}${path.split('?')[0]}`;
    const exchanged = await exchange(connections, {
      origin: graph,
      path,
      method,
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        'client-request-id': newId(),
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: { kind: 'whole', bytes: Buffer.from(JSON.stringify(body)) } } : {}),
      deadlines,
    });
    if (exchanged.kind === 'broken') throw new DirectoryError(`${asked}: no answer (${exchanged.why})`, 0);
    const { status, headers, body: answered } = exchanged.answer;
    const text = answered.toString();
    if (status < 200 || status > 299) {
      const error = errorSchema.safeParse(parseJson(text)).data?.error;
      const trace = headers['request-id'] === undefined ? '' : ` (request-id ${headers['request-id']})`;
      const words = error ? `${error.code ?? ''} "${error.message ?? ''}"` : '';
      throw new DirectoryError(`${asked}: ${status} ${words}${trace}`, status, error?.code);
    }
    const read = schema.safeParse(text === '' ? undefined : parseJson(text));
    if (read.success) return read.data;
    throw new DirectoryError(`${asked}: ${status}, with an answer that is not as documented.`, status);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
