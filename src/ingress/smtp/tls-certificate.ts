/**
 * A certificate and its key, read from files and read again when the files change, without a restart. A pair that cannot
 * be used is reported and the old one stays in use: a half-copied file must not take the listener down.
 */
import { type FSWatcher, readFileSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { createSecureContext, type SecureContext, type SecureVersion } from 'node:tls';
import type { Clock, Logger } from '../../domain/ports.ts';

/** Renewal tools write certificate and key one after the other; both must be there before they are read. */
const settleMs = 200;
/** fs.watch misses changes on some network file systems; this look does not. */
const lookMs = 60_000;

export interface TlsCertificateOptions {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly minVersion: SecureVersion;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Is called when a changed pair has come into use. */
  readonly onReload?: () => void;
}

export class TlsCertificate {
  #context: SecureContext;
  #content: string;
  /** What could not be used, as it was: said once and not at each look. */
  #reported: string | undefined;
  readonly #options: TlsCertificateOptions;
  readonly #watchers: FSWatcher[] = [];
  #cancel: () => void = () => {};
  #closed = false;

  /** @throws Error when the files cannot be read or do not belong together. */
  constructor(options: TlsCertificateOptions) {
    this.#options = options;
    const pair = this.#read();
    this.#content = pair.content;
    this.#context = this.#createContext(pair);
    // Folders are watched and not files: a renewal replaces the file, and a watch on the old one would see nothing more.
    for (const folder of new Set([dirname(options.certificateFile), dirname(options.keyFile)])) {
      const names = [options.certificateFile, options.keyFile].map((file) => basename(file));
      this.#watch(folder, (name) => {
        // Links of the kind that Kubernetes swaps have other names than the files behind them.
        if (name === null || names.includes(name) || name.startsWith('..')) this.#lookIn(settleMs);
      });
    }
    this.#lookIn(lookMs);
  }

  /** The context for the next connection. */
  get context(): SecureContext {
    return this.#context;
  }

  /** Reads the files again, now. */
  reload(): void {
    let content: string | undefined;
    try {
      const pair = this.#read();
      content = pair.content;
      if (content === this.#content) return;
      this.#context = this.#createContext(pair);
      this.#content = pair.content;
      this.#reported = undefined;
      this.#options.logger.info({ certificate: this.#options.certificateFile }, 'A new certificate is in use.');
      this.#options.onReload?.();
    } catch (error) {
      const what = content ?? String(error);
      if (what === this.#reported) return;
      this.#reported = what;
      this.#options.logger.error(
        { certificate: this.#options.certificateFile, key: this.#options.keyFile, err: error },
        'The changed certificate cannot be used; the old one stays in use. Check that both files are whole and belong together.',
      );
    }
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
    for (const watcher of this.#watchers) watcher.close();
  }

  /** Where no watch can be had (a network file system, no watches left), the regular look does its work, later. */
  #watch(folder: string, changed: (name: string | null) => void): void {
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => changed(name));
      watcher.on('error', () => {});
      this.#watchers.push(watcher);
    } catch (error) {
      this.#options.logger.warn(
        { folder, err: error },
        'A certificate cannot be watched; it is looked at once a minute.',
      );
    }
  }

  #lookIn(delayMs: number): void {
    this.#cancel();
    this.#cancel = this.#options.clock.after(delayMs, () => {
      if (this.#closed) return;
      this.reload();
      this.#lookIn(lookMs);
    });
  }

  #read(): { certificate: string; key: string; content: string } {
    const certificate = readFileSync(this.#options.certificateFile, 'utf8');
    const key = readFileSync(this.#options.keyFile, 'utf8');
    return { certificate, key, content: `${certificate}\0${key}` };
  }

  #createContext({ certificate, key }: { certificate: string; key: string }): SecureContext {
    const { minVersion } = this.#options;
    const old = minVersion === 'TLSv1' || minVersion === 'TLSv1.1';
    return createSecureContext({
      cert: certificate,
      key,
      minVersion,
      // Nobody shows a certificate here. Without this all authorities of the world are read: 20 ms of each start.
      ca: [],
      // OpenSSL 3 offers TLS 1.0 and 1.1 only at this level; their digests are too weak for the ones above.
      ...(old ? { ciphers: 'DEFAULT@SECLEVEL=0' } : {}),
    });
  }
}
