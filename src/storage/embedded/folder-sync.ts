/** Makes the names in one folder durable for many at a time: whoever asks while a sync runs shares the next one. */
import { type FileOperations, syncFolder } from './files.ts';

export class FolderSync {
  readonly #files: FileOperations;
  readonly #path: string;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(files: FileOperations, path: string) {
    this.#files = files;
    this.#path = path;
  }

  /** Resolves when each name is durable that stood in the folder when this was called. @throws the system's error. */
  sync(): Promise<void> {
    if (!this.#running) return this.#begin();
    // The one that runs may have begun before the caller's name was there.
    this.#next ??= this.#running.then(
      () => this.#begin(),
      () => this.#begin(),
    );
    return this.#next;
  }

  #begin(): Promise<void> {
    this.#next = undefined;
    this.#running = syncFolder(this.#files, this.#path).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }
}
