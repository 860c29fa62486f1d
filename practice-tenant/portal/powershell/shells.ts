/** The PowerShell windows that are open: one for each browser that is signed in at the portal. */
import type { Shell } from './shell.ts';

/** More than anybody opens; the oldest goes. */
const mostShells = 200;

export class Shells {
  readonly #shells = new Map<string, Shell>();

  /** @param key of the browser's session; @param open makes a new window */
  of(key: string, open: () => Shell): Shell {
    const found = this.#shells.get(key);
    if (found) return found;
    const [oldest] = this.#shells.keys();
    if (this.#shells.size >= mostShells && oldest !== undefined) this.#shells.delete(oldest);
    const shell = open();
    this.#shells.set(key, shell);
    return shell;
  }
}
