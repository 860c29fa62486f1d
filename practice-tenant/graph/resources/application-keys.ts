/**
 * Credentials of an application through Graph: secrets by addPassword, certificates by replacing keyCredentials or, with a
 * proof that is signed by a certificate which the app has already, by addKey.
 * Source: Graph "application: addPassword", "removePassword", "addKey", "removeKey", "Update application".
 */
import { X509Certificate } from 'node:crypto';
import { decodeJwt, jwtVerify } from 'jose';
import { z } from 'zod';
import { addPassword, keyCredentialOf, removePassword } from '../../directory/applications.ts';
import { checkCredentialPolicy } from '../../directory/credential-policy.ts';
import type { Application, KeyCredential } from '../../directory/directory-state.ts';
import type { TenantResponse } from '../../http/exchange.ts';
import { json, noContent } from '../graph-answer.ts';
import { type GraphCall, graphUrl } from '../graph-call.ts';
import { badRequest, directoryRefusal } from '../graph-error.ts';
import { guid, notKept, readBody } from '../json-body.ts';
import { requireWrite } from './application-access.ts';
import { type KeyCredentialBody, keyCredentialBody } from './application-body.ts';
import { keyCredentialJson, passwordCredentialJson } from './application-json.ts';

const dateTime = z.iso.datetime({ offset: true }).nullable().optional();
const addPasswordBody = z.strictObject({
  passwordCredential: z
    .strictObject({
      displayName: z.string().max(256).nullable().optional(),
      startDateTime: dateTime,
      endDateTime: dateTime,
      ...notKept(['customKeyIdentifier', 'hint', 'keyId', 'secretText']),
    })
    .nullable()
    .optional(),
});
const removePasswordBody = z.strictObject({ keyId: guid });
const addKeyBody = z.strictObject({
  keyCredential: keyCredentialBody,
  passwordCredential: z.unknown().optional(),
  proof: z.string(),
});
const removeKeyBody = z.strictObject({ keyId: guid, proof: z.string() });

/** The audience of a proof (Graph "Generate proof-of-possession tokens for rolling keys"). */
const proofAudience = '00000002-0000-0000-c000-000000000000';
const proofLifetimeSeconds = 600;

/** `POST …/addPassword`: the only answer that ever shows the secret. */
export function answerAddPassword(call: GraphCall, application: Application): TenantResponse {
  requireWrite(call, application.owners);
  const { passwordCredential } = readBody(call.request, addPasswordBody, 'Application');
  const start = passwordCredential?.startDateTime ?? undefined;
  const end = passwordCredential?.endDateTime ?? undefined;
  const startMs = start === undefined ? call.now : Date.parse(start);
  const twoYears = new Date(startMs);
  twoYears.setUTCFullYear(twoYears.getUTCFullYear() + 2);
  const endDateTime = end ?? twoYears.toISOString();
  if (Date.parse(endDateTime) <= startMs) throw badRequest('Credential end date must be after its start date.');
  enforcePolicy(call, application, 'password', endDateTime, startMs);
  const added = addPassword(
    call.directory,
    application,
    {
      displayName: passwordCredential?.displayName ?? null,
      ...(start === undefined ? {} : { startDateTime: start }),
      endDateTime,
    },
    call.now,
    call.caller.tenant.profile,
  );
  const context = graphUrl(call, '$metadata#microsoft.graph.passwordCredential');
  return json({ '@odata.context': context, ...passwordCredentialJson(added, added.secretText) });
}

export function answerRemovePassword(call: GraphCall, application: Application): TenantResponse {
  requireWrite(call, application.owners);
  const { keyId } = readBody(call.request, removePasswordBody, 'Application');
  if (!removePassword(application, keyId)) throw noSuchKey(keyId, 'password');
  return noContent;
}

/** `POST …/addKey`. An app needs no permission to roll its own keys. */
export async function answerAddKey(call: GraphCall, application: Application): Promise<TenantResponse> {
  requireOwnOrWrite(call, application);
  const { keyCredential, proof } = readBody(call.request, addKeyBody, 'Application');
  await requireProof(call, application, proof);
  const added = newCredential(call, application, keyCredential);
  application.keyCredentials.push(added);
  const context = graphUrl(call, '$metadata#microsoft.graph.keyCredential');
  return json({ '@odata.context': context, ...keyCredentialJson(added, false) });
}

export async function answerRemoveKey(call: GraphCall, application: Application): Promise<TenantResponse> {
  requireOwnOrWrite(call, application);
  const { keyId, proof } = readBody(call.request, removeKeyBody, 'Application');
  await requireProof(call, application, proof);
  if (!application.keyCredentials.some((each) => each.keyId === keyId)) throw noSuchKey(keyId, 'key');
  application.keyCredentials = application.keyCredentials.filter((each) => each.keyId !== keyId);
  return noContent;
}

/**
 * What stands in place of the whole collection. Entries with the id of a certificate that is there, and without a key,
 * keep it; whatever is not named is gone.
 * @throws GraphRefusal 400
 */
export function replacedKeys(
  call: GraphCall,
  application: Application | undefined,
  bodies: readonly KeyCredentialBody[],
): KeyCredential[] {
  return bodies.map((body) => {
    const kept = application?.keyCredentials.find(({ keyId }) => keyId === body.keyId);
    if (kept && (!body.key || body.key === kept.key))
      return { ...kept, displayName: body.displayName ?? kept.displayName };
    if (kept) throw badRequest(`Update to existing credential with KeyId '${kept.keyId}' is not allowed.`);
    return newCredential(call, application, body);
  });
}

function newCredential(call: GraphCall, application: Application | undefined, body: KeyCredentialBody): KeyCredential {
  if (body.type !== undefined && body.type !== null && body.type !== 'AsymmetricX509Cert')
    throw badRequest(`Unsupported key credential type '${body.type}'.`);
  if (body.usage !== undefined && body.usage !== null && body.usage !== 'Verify')
    throw badRequest(`Unsupported key credential usage '${body.usage}'.`);
  const certificate = certificateOf(body.key ?? '');
  const made = keyCredentialOf(certificate, call.now, call.caller.tenant.profile);
  const endDateTime = body.endDateTime ?? made.endDateTime;
  if (Date.parse(endDateTime) > Date.parse(made.endDateTime) || Date.parse(made.endDateTime) <= call.now)
    throw badRequest('Key credential end date is invalid.');
  const startDateTime = body.startDateTime ?? made.startDateTime;
  if (application) enforcePolicy(call, application, 'certificate', endDateTime, Date.parse(startDateTime));
  return {
    ...made,
    endDateTime,
    startDateTime,
    keyId: body.keyId ?? made.keyId,
    displayName: body.displayName ?? made.displayName,
    customKeyIdentifier: body.customKeyIdentifier ?? made.customKeyIdentifier,
  };
}

/** Base64 of a certificate in DER, or of one in PEM as some tools send it. */
function certificateOf(key: string): X509Certificate {
  try {
    return new X509Certificate(Buffer.from(key, 'base64'));
  } catch {
    throw badRequest('Invalid certificate: Key value is invalid certificate');
  }
}

/** Throws what the credential policies say against a credential. @param start ms since the epoch */
function enforcePolicy(
  call: GraphCall,
  application: Application,
  kind: 'password' | 'certificate',
  endDateTime: string,
  start: number,
): void {
  const violation = checkCredentialPolicy(call.directory, application, kind, endDateTime, start);
  if (violation) throw directoryRefusal(400, violation.code, violation.message, { details: violation.details });
}

function requireOwnOrWrite(call: GraphCall, application: Application): void {
  if (call.caller.isApp && call.caller.appId === application.appId) return;
  requireWrite(call, application.owners);
}

/** Holds a proof against each certificate of the app that is valid now. */
async function requireProof(call: GraphCall, application: Application, proof: string): Promise<void> {
  for (const { key, startDateTime, endDateTime } of application.keyCredentials) {
    if (Date.parse(startDateTime) > call.now || Date.parse(endDateTime) <= call.now) continue;
    try {
      const { payload } = await jwtVerify(proof, certificateOf(key).publicKey, {
        algorithms: ['RS256', 'PS256'],
        audience: proofAudience,
        issuer: application.id,
        currentDate: new Date(call.service.clock.datedBy(decodeJwt(proof))),
        clockTolerance: 60,
        requiredClaims: ['nbf', 'exp'],
      });
      const { nbf, exp } = payload;
      if (nbf !== undefined && exp !== undefined && exp - nbf <= proofLifetimeSeconds) return;
    } catch {
      // Not by this certificate; the next one may fit.
    }
  }
  throw directoryRefusal(401, 'Authentication_MissingOrMalformed', 'Access Token missing or malformed.');
}

function noSuchKey(keyId: string, kind: 'password' | 'key'): Error {
  return badRequest(`No ${kind} credential found with keyId '${keyId}'.`);
}
