/**
 * Names without a domain, as cron and local programs use them: `root`, `root (Cron Daemon)`, `"(Cron Daemon)" <root>`.
 * sendmail(1) has always completed them; a listener refuses them.
 */

export interface BareName {
  readonly local: string;
  /** Words for people around it; '' when there are none. */
  readonly display: string;
}

// Bounded pieces without overlap: a header comes from strangers.
const inBrackets = /^([^<>@]{0,200})<([\w.+-]{1,64})>$/;
const withComment = /^([\w.+-]{1,64})[ \t]*(?:\(([^()]{0,200})\))?$/;

/** Reads a name without a domain; undefined for everything else, whole addresses among it. */
export function readBareName(text: string): BareName | undefined {
  const [, display = '', bracketed] = inBrackets.exec(text) ?? [];
  if (bracketed) return { local: bracketed, display: display.trim().replace(/^"(.*)"$/, '$1') };
  const [, local, comment = ''] = withComment.exec(text) ?? [];
  return local ? { local, display: comment.trim() } : undefined;
}

/** The address of a sender: as it is, or completed. '' stays the null reverse path. */
export function completeSender(text: string, domain: string): string {
  const bare = readBareName(text);
  return bare ? `${bare.local}@${domain}` : text;
}

/** Where mail for a recipient goes: `local` takes all names without a domain, when it is set. */
export function completeRecipient(text: string, domain: string, local: string | undefined): string {
  const bare = readBareName(text);
  return bare ? (local ?? `${bare.local}@${domain}`) : text;
}
