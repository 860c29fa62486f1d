/** Where the manual is walked: a fresh practice tenant with its documented limits and delays, and people in it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PracticeTenant, startPracticeTenant } from '../../../practice-tenant/tenant.ts';
import { type Person, personWithBrowser } from '../../harness/person-with-browser.ts';
import type { Rows } from './rows.ts';

export const systemAccount = 'noreply@contoso.example';
export const secondAccount = 'alerts@contoso.example';
export const ceo = 'ceo@contoso.example';
export const adminUrl = 'https://mailroom.contoso.example';
export const redirectUri = `${adminUrl}/connectors/SMTP.aspx`;
const admin = 'admin@contoso.example';

export interface Place extends AsyncDisposable {
  readonly tenant: PracticeTenant;
  readonly admin: Person;
  readonly folder: string;
  /** Where a set-up puts its files. */
  readonly setupFolder: string;
  readonly caFile: string;
  readonly rows: Rows;
  /** Words that name the hosts of the tenant. */
  readonly hosts: readonly string[];
}

export async function openPlace(folder: string, rows: Rows): Promise<Place> {
  const tenant = await startPracticeTenant({ users: [systemAccount, secondAccount, ceo] });
  tenant.addUser(admin, { directoryRoles: ['Global Administrator'] });
  const person = await personWithBrowser(tenant, admin);
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, tenant.caPem);
  return {
    tenant,
    admin: person,
    folder,
    setupFolder: join(folder, 'setup'),
    caFile,
    rows,
    hosts: ['--login', tenant.origin, '--graph', tenant.origin, '--ca-file', caFile],
    async [Symbol.asyncDispose]() {
      await person[Symbol.asyncDispose]();
      await tenant.close();
    },
  };
}
