/** What a judging client is told of the practice tenant, by its environment; the authority to trust comes by NODE_EXTRA_CA_CERTS. */
import { z } from 'zod';

const schema = z.object({
  JUDGE_ORIGIN: z.url(),
  JUDGE_SMTP_PORT: z.coerce.number(),
  JUDGE_TENANT: z.string(),
  JUDGE_CLIENT: z.string(),
  JUDGE_SECRET: z.string(),
  JUDGE_SENDER: z.string(),
  JUDGE_ADMIN: z.string(),
  JUDGE_CERTIFICATE: z.string(),
  JUDGE_KEY: z.string(),
  JUDGE_CA: z.string(),
  JUDGE_FEDERATED_TOKEN: z.string(),
});

export function surroundings(env: Readonly<Record<string, string | undefined>>) {
  const read = schema.parse(env);
  return {
    origin: read.JUDGE_ORIGIN,
    host: new URL(read.JUDGE_ORIGIN).host,
    smtpPort: read.JUDGE_SMTP_PORT,
    tenantId: read.JUDGE_TENANT,
    clientId: read.JUDGE_CLIENT,
    secret: read.JUDGE_SECRET,
    sender: read.JUDGE_SENDER,
    admin: read.JUDGE_ADMIN,
    /** PEM files of the app's certificate and key. */
    certificateFile: read.JUDGE_CERTIFICATE,
    keyFile: read.JUDGE_KEY,
    caFile: read.JUDGE_CA,
    /** File with an assertion of the issuer that the app trusts by a federated credential. */
    federatedTokenFile: read.JUDGE_FEDERATED_TOKEN,
  };
}
export type Surroundings = ReturnType<typeof surroundings>;
/** Where the app's sign-ins are sent back to. */
export const redirectUri = 'https://app.contoso.example/connectors/SMTP.aspx';

/** A token of the app by its secret. @param resource Graph unless said otherwise */
export async function appToken(
  { origin, tenantId, clientId, secret }: Surroundings,
  resource = 'https://graph.microsoft.com',
): Promise<string> {
  const grant = { grant_type: 'client_credentials', client_id: clientId, client_secret: secret };
  const body = new URLSearchParams({ ...grant, scope: `${resource}/.default` });
  const answer = await fetch(`${origin}/${tenantId}/oauth2/v2.0/token`, { method: 'POST', body });
  const json: Record<string, unknown> = Object(await answer.json());
  return String(json['access_token']);
}

/** Asks the control side of the tenant, as a test does. */
export async function control({ origin }: Surroundings, method: string, path: string, body?: object): Promise<unknown> {
  const answer = await fetch(`${origin}/_practice/${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return answer.status === 204 ? undefined : answer.json();
}
