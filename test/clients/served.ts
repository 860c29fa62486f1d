/**
 * A Mailroom for outside clients: STARTTLS and implicit TLS with a login, HTTP with a key, and a listener for clients of
 * this machine; wired to a practice tenant whose mailboxes say what arrived.
 */
import { join } from 'node:path';
import { type PracticeTenant, startPracticeTenant } from '../../practice-tenant/tenant.ts';
import type { Books } from '../../src/queue/store.ts';
import { writeLocalhostCertificate } from '../harness/certificate.ts';
import { type InProcess, withMailroom } from '../harness/mailroom-in-process.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';

export const account = 'noreply@contoso.example';
export const ada = 'ada@contoso.example';
export const grace = 'grace@contoso.example';
export const login = { user: 'cases', password: 'correct-horse-battery' };
export const apiKey = 'k-0123456789abcdefghijklmnop';

export interface Served extends InProcess {
  readonly tenant: PracticeTenant;
  /** Port with STARTTLS, where a login is required. */
  readonly startTlsPort: number;
  /** Port with implicit TLS. */
  readonly implicitPort: number;
  /** Port without TLS for this machine, known by its address. */
  readonly plainPort: number;
  readonly httpPort: number;
  /** PEM file of the authority behind all certificates. */
  readonly caFile: string;
  /** An empty folder. */
  readonly scratch: string;
  books(): Promise<Books>;
}

export async function serve(use: (served: Served) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder();
  const certificate = await writeLocalhostCertificate(folder.path);
  const tenant = await startPracticeTenant({ profile: 'unlimited', users: [account, ada, grace] });
  const tls = { certificate: certificate.certificateFile, key: certificate.keyFile };
  const senders = [account];
  try {
    await withMailroom(
      {
        tenant,
        systemAccount: account,
        overrides: {
          smtp: [
            { name: 'starttls', listen: '127.0.0.1:0', tls: { mode: 'required', ...tls }, auth: 'required' },
            { name: 'implicit', listen: '127.0.0.1:0', tls: { mode: 'implicit', ...tls }, auth: 'required' },
            { name: 'plain', listen: '127.0.0.1:0', auth: 'optional' },
          ],
          http: [{ name: 'api', listen: '127.0.0.1:0', tls }],
          clients: [
            { name: 'cases', login: login.user, password: login.password, senders },
            { name: 'portal', apiKey, senders },
            { name: 'local', addresses: ['127.0.0.0/8'], senders },
          ],
        },
      },
      async (running) => {
        const portOf = (name: string) =>
          Number(
            running.mailroom.listeners
              .find((listener) => listener.name === name)
              ?.address.split(':')
              .at(-1),
          );
        await use({
          ...running,
          tenant,
          startTlsPort: portOf('starttls'),
          implicitPort: portOf('implicit'),
          plainPort: portOf('plain'),
          httpPort: portOf('api'),
          caFile: certificate.caFile,
          scratch: folder.path,
          books: () => running.store.books(),
        });
      },
    );
  } finally {
    await tenant.close();
  }
}

export function fileIn(served: Served, name: string): string {
  return join(served.scratch, name);
}
