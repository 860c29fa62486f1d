/**
 * What may stand for a tenant in a URL, and what a pasted credential looks like. The tenant goes into the path to which the
 * secret is posted: a value with a slash, a question mark or an @ would send it to wherever the value points.
 */

const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** A name of two labels or more (RFC 1123 §2.1), in its ASCII form. */
const domain = /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/i;

export function isGuid(text: string): boolean {
  return guid.test(text);
}

/**
 * Whether a tenant may be put into a URL: a GUID or a domain name. The words `common`, `organizations` and `consumers` are
 * not: Entra refuses them for client credentials (AADSTS9001023).
 */
export function isTenantName(text: string): boolean {
  return guid.test(text) || domain.test(text);
}

/**
 * What looks wrong about a pasted client secret, as a sentence; `undefined` when nothing does. Never holds the value.
 */
export function secretWarning(secret: string): string | undefined {
  if (secret.trim() === '') return 'The client secret is empty.';
  if (secret.trim() !== secret)
    return 'The client secret begins or ends with a blank or a line end. Paste it again without it.';
  if (isGuid(secret))
    return 'The client secret looks like the ID of a secret, not like its value. Copy the column "Value" of Certificates & secrets; it is shown only right after the secret was made.';
  return undefined;
}

/** A GUID as registries and PowerShell write it, in braces, quotes or capitals. Anything else comes back as it is, without blanks around it. */
export function withoutBraces(text: string): string {
  const inner = /^[{("'\s]*([0-9a-f-]{36})[)}"'\s]*$/i.exec(text)?.[1];
  return inner !== undefined && isGuid(inner) ? inner.toLowerCase() : text.trim();
}
