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
      const watcher = watch(folder, { persistent: false }, (_event, name) => {
        // Links of the kind that Kubernetes swaps have other names than the files behind them.
        if (name === null || names.includes(name) || name.startsWith('..')) this.#lookIn(settleMs);
      });
      watcher.on('error', () => {});
      this.#watchers.push(watcher);
    }
    this.#lookIn(lookMs);
  }

  /** The context for the next connection. */
  get context(): SecureContext {
    return this.#context;
  }

  /** Reads the files again, now. */
  reload(): void {
    try {
      const pair = this.#read();
      if (pair.content === this.#content) return;
      this.#context = this.#createContext(pair);
      this.#content = pair.content;
      this.#options.logger.info({ certificate: this.#options.certificateFile }, 'A new certificate is in use.');
      this.#options.onReload?.();
    } catch (error) {
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
      // OpenSSL 3 offers TLS 1.0 and 1.1 only at this level; their digests are too weak for the ones above.
      ...(old ? { ciphers: 'DEFAULT@SECLEVEL=0' } : {}),
    });
  }
}
