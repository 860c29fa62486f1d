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
  };
}
export type Surroundings = ReturnType<typeof surroundings>;
