/** The PowerShell windows that are open: one for each browser that is signed in at the portal. */
import type { Service } from '../../service.ts';
import { Shell } from './shell.ts';

/** More than anybody opens; the oldest goes. */
const mostShells = 200;

export class Shells {
  readonly #shells = new Map<string, Shell>();

  /** @param key of the browser's session; @param address whom a sign-in suggests in a new window */
  of(service: Service, key: string, address: string): Shell {
    const found = this.#shells.get(key);
    if (found) return found;
    const [oldest] = this.#shells.keys();
    if (this.#shells.size >= mostShells && oldest !== undefined) this.#shells.delete(oldest);
    const shell = new Shell(service, address);
    this.#shells.set(key, shell);
    return shell;
  }
}
