/** Bodies that create and change applications. Source: Graph "Create application", "Update application". */
import { z } from 'zod';
import type { Directory } from '../../directory/directory.ts';
import type { Application } from '../../directory/directory-state.ts';
import { badRequest } from '../graph-error.ts';
import { guid, invalidValue, notKept } from '../json-body.ts';

const uris = z.array(z.string().max(2048)).max(256);

export const keyCredentialBody = z.strictObject({
  customKeyIdentifier: z.string().nullable().optional(),
  displayName: z.string().nullable().optional(),
  endDateTime: z.iso.datetime({ offset: true }).nullable().optional(),
  key: z.string().nullable().optional(),
  keyId: guid.nullable().optional(),
  startDateTime: z.iso.datetime({ offset: true }).nullable().optional(),
  type: z.string().nullable().optional(),
  usage: z.string().nullable().optional(),
  ...notKept(['hasExtendedValue']),
});
export type KeyCredentialBody = z.infer<typeof keyCredentialBody>;

const settable = {
  description: z.string().max(1024).nullable().optional(),
  notes: z.string().max(1024).nullable().optional(),
  signInAudience: z
    .enum(['AzureADMyOrg', 'AzureADMultipleOrgs', 'AzureADandPersonalMicrosoftAccount', 'PersonalMicrosoftAccount'])
    .optional(),
  identifierUris: z.array(z.string().max(255)).max(50).optional(),
  tags: z.array(z.string().max(256)).optional(),
  isFallbackPublicClient: z.boolean().nullable().optional(),
  web: z
    .strictObject({
      redirectUris: uris.optional(),
      homePageUrl: z.string().nullable().optional(),
      logoutUrl: z.string().nullable().optional(),
      implicitGrantSettings: z
        .strictObject({
          enableIdTokenIssuance: z.boolean().nullable().optional(),
          enableAccessTokenIssuance: z.boolean().nullable().optional(),
        })
        .nullable()
        .optional(),
      ...notKept(['redirectUriSettings']),
    })
    .nullable()
    .optional(),
  publicClient: z.strictObject({ redirectUris: uris.optional() }).nullable().optional(),
  spa: z.strictObject({ redirectUris: uris.optional() }).nullable().optional(),
  api: z
    .strictObject({
      requestedAccessTokenVersion: z.number().int().min(1).max(2).nullable().optional(),
      ...notKept([
        'acceptMappedClaims',
        'knownClientApplications',
        'oauth2PermissionScopes',
        'preAuthorizedApplications',
      ]),
    })
    .nullable()
    .optional(),
  requiredResourceAccess: z
    .array(
      z.strictObject({
        resourceAppId: guid,
        resourceAccess: z.array(z.strictObject({ id: guid, type: z.enum(['Role', 'Scope']) })),
      }),
    )
    .optional(),
  keyCredentials: z.array(keyCredentialBody).optional(),
  passwordCredentials: z.array(z.unknown()).optional(),
  ...notKept(['addIns', 'appRoles', 'authenticationBehaviors', 'defaultRedirectUri', 'groupMembershipClaims', 'info']),
  ...notKept(['isDeviceOnlyAuthSupported', 'isDisabled', 'logo', 'nativeAuthenticationApisEnabled', 'optionalClaims']),
  ...notKept(['oauth2RequirePostResponse', 'parentalControlSettings', 'requestSignatureVerification', 'uniqueName']),
  ...notKept(['samlMetadataUrl', 'serviceManagementReference', 'servicePrincipalLockConfiguration']),
  ...notKept(['tokenEncryptionKeyId', 'verifiedPublisher']),
};

const displayName = z.string().min(1).max(256);
export const createApplicationBody = z.strictObject({ displayName, ...settable });
export const updateApplicationBody = z.strictObject({ displayName: displayName.optional(), ...settable });
export type ApplicationBody = z.infer<typeof updateApplicationBody>;

/**
 * Puts what a body says into an application; keyCredentials apart, which have rules of their own.
 * @throws GraphRefusal 400 for secrets, a redirect URI that is none, or an identifier that another application has
 */
export function applyBody(directory: Directory, application: Application, body: ApplicationBody): void {
  checkBody(directory, application, body);
  const { web, publicClient, spa, api } = body;
  if (body.displayName !== undefined) application.displayName = body.displayName;
  if (body.description !== undefined) application.description = body.description;
  if (body.notes !== undefined) application.notes = body.notes;
  if (body.signInAudience !== undefined) application.signInAudience = body.signInAudience;
  if (body.identifierUris !== undefined) application.identifierUris = body.identifierUris;
  if (body.tags !== undefined) application.tags = body.tags;
  if (body.isFallbackPublicClient !== undefined) application.isFallbackPublicClient = body.isFallbackPublicClient;
  if (body.requiredResourceAccess !== undefined) application.requiredResourceAccess = body.requiredResourceAccess;
  if (web?.redirectUris) application.web.redirectUris = web.redirectUris;
  if (web?.homePageUrl !== undefined) application.web.homePageUrl = web.homePageUrl;
  if (web?.logoutUrl !== undefined) application.web.logoutUrl = web.logoutUrl;
  const implicit = application.web.implicitGrantSettings;
  implicit.enableIdTokenIssuance = web?.implicitGrantSettings?.enableIdTokenIssuance ?? implicit.enableIdTokenIssuance;
  implicit.enableAccessTokenIssuance =
    web?.implicitGrantSettings?.enableAccessTokenIssuance ?? implicit.enableAccessTokenIssuance;
  if (publicClient?.redirectUris) application.publicClient.redirectUris = publicClient.redirectUris;
  if (spa?.redirectUris) application.spa.redirectUris = spa.redirectUris;
  if (api?.requestedAccessTokenVersion !== undefined)
    application.requestedAccessTokenVersion = api.requestedAccessTokenVersion;
  followInPrincipal(directory, application);
}

/** @throws GraphRefusal 400, before anything was changed */
export function checkBody(directory: Directory, application: Application | undefined, body: ApplicationBody): void {
  if (body.passwordCredentials && body.passwordCredentials.length > 0)
    throw badRequest('New password credentials must be generated with service actions.');
  if (body.web?.redirectUris?.some((uri) => !isWebRedirect(uri))) throw invalidValue('web.redirectUris', 'Application');
  for (const part of ['publicClient', 'spa'] as const)
    if (body[part]?.redirectUris?.some((uri) => !URL.canParse(uri)))
      throw invalidValue(`${part}.redirectUris`, 'Application');
  const taken = body.identifierUris?.find((uri) =>
    directory.state.applications.some((each) => each !== application && each.identifierUris.includes(uri)),
  );
  if (taken !== undefined)
    throw badRequest('Another object with the same value for property identifierUris already exists.');
}

/** Web redirects are https, or http to this machine (Entra "Redirect URI restrictions and limitations"). */
function isWebRedirect(uri: string): boolean {
  if (!URL.canParse(uri)) return false;
  const { protocol, hostname } = new URL(uri);
  return protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname));
}

/** The service principal of the home tenant shows the name and the identifiers of its application. */
function followInPrincipal(directory: Directory, application: Application): void {
  const principal = directory.servicePrincipalByAppId(application.appId);
  if (!principal) return;
  principal.displayName = application.displayName;
  principal.servicePrincipalNames = [application.appId, ...application.identifierUris];
}
