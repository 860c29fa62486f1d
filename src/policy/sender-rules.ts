/**
 * Which addresses a client may use: whole addresses, whole domains (`@contoso.com`, not its subdomains), or any (`*`).
 * Domains are equal in any case and as A-labels; the local part counts to the letter, as RFC 5321 §2.4 has it.
 */
import { canonicalAddress, canonicalDomain } from '../mime/addresses.ts';

/** Whether a text can be a rule: `*`, `@domain` or `local@domain`. */
export function isSenderRule(rule: string): boolean {
  return rule === '*' || /^[^\s@<>",;]*@[^\s@<>",;]+$/.test(rule) || /^"[^"\r\n]+"@[^\s@<>",;]+$/.test(rule);
}

/** A set of rules, made once and asked often. */
export class SenderRules {
  /** As the configuration has them, for the log. */
  readonly rules: readonly string[];
  readonly any: boolean;
  readonly #addresses = new Set<string>();
  readonly #domains = new Set<string>();

  constructor(rules: readonly string[]) {
    this.rules = rules;
    this.any = rules.includes('*');
    for (const rule of rules) {
      if (rule.startsWith('@')) this.#domains.add(canonicalDomain(rule.slice(1)));
      else this.#addresses.add(canonicalAddress(rule));
    }
  }

  allow(address: string): boolean {
    if (this.any || this.#addresses.has(address)) return true;
    const canonical = canonicalAddress(address);
    if (this.#addresses.has(canonical)) return true;
    const at = canonical.lastIndexOf('@');
    return at > 0 && this.#domains.has(canonical.slice(at + 1));
  }
}
