/** What a migration from an access policy to RBAC for Applications has done so far, on the disk. */
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { MigrationParts, MigrationRecord } from '../setup/limit/migrate-limit.ts';
import { readRecord } from '../setup/record-file.ts';
import { makeFolder } from '../vault/make-folder.ts';
import { writeWhole } from '../vault/write-whole.ts';

const recordSchema = z.object({
  roleGivenAt: z.number().optional(),
  consentWithdrawnAt: z.number().optional(),
  withdrawnRoles: z.array(z.string()).optional(),
  roleProvenAt: z.number().optional(),
  removedPolicies: z.array(z.object({ accessRight: z.string(), scope: z.string() })).optional(),
  doneAt: z.number().optional(),
  goesOnAt: z.number().optional(),
});

const remedy =
  'Put it back from the last backup: it names the policies that were removed. Or move it away: the migration begins anew and finds what it has done.';

/** Where a migration stands: one file in the data folder, for the command line and the console. */
export function migrationRecordOf(dataDir: string, connector: string): MigrationParts['record'] {
  const file = join(dataDir, `policy-migration-${connector}.json`);
  return {
    read(): MigrationRecord {
      const { roleGivenAt, consentWithdrawnAt, withdrawnRoles, roleProvenAt, removedPolicies, doneAt, goesOnAt } =
        readRecord(file, recordSchema, remedy) ?? {};
      return {
        ...(roleGivenAt === undefined ? {} : { roleGivenAt }),
        ...(consentWithdrawnAt === undefined ? {} : { consentWithdrawnAt }),
        ...(withdrawnRoles === undefined ? {} : { withdrawnRoles }),
        ...(roleProvenAt === undefined ? {} : { roleProvenAt }),
        ...(removedPolicies === undefined ? {} : { removedPolicies }),
        ...(doneAt === undefined ? {} : { doneAt }),
        ...(goesOnAt === undefined ? {} : { goesOnAt }),
      };
    },
    write(next) {
      // The server may not have run here yet.
      makeFolder(dirname(file));
      writeWhole(file, `${JSON.stringify(next, undefined, 2)}\n`);
    },
  };
}
