/**
 * The mailboxes that access policies let an app use, by their addresses: members of a scope and of the groups in it. A role of
 * Exchange counts direct members alone, so that a migration has to know who would be left behind.
 */
import { askUnlessMissing, type PlanParts } from './run-plan.ts';

/** Groups within groups end somewhere; one that holds itself does not. */
const deepest = 8;

/** @param scopes identities of groups, or of single mailboxes. @throws whatever Exchange throws */
export async function mailboxesWithin(scopes: readonly string[], parts: PlanParts): Promise<readonly string[]> {
  const found = new Set<string>();
  const seen = new Set<string>();
  const look = async (identity: string, depth: number): Promise<void> => {
    if (seen.has(identity) || depth > deepest) return;
    seen.add(identity);
    const members = await askUnlessMissing(parts, 'Get-DistributionGroupMember', { Identity: identity });
    // A scope may be a mailbox itself.
    for (const row of members ?? (await askUnlessMissing(parts, 'Get-Mailbox', { Identity: identity })) ?? []) {
      const address = String(row['PrimarySmtpAddress'] ?? '').toLowerCase();
      if (/group/i.test(String(row['RecipientTypeDetails'] ?? ''))) await look(address, depth + 1);
      else if (address !== '') found.add(address);
    }
  };
  for (const scope of scopes) await look(scope, 0);
  return [...found];
}
