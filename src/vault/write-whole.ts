/** Writes a file so that a crash at any point leaves the old one or the new one, and never a part of one. */
import { chownSync, closeSync, fsyncSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Mode 0600. Whoever owned the file, or its folder, owns it afterwards: what root writes for a service could otherwise not be
 * read by the service.
 * @throws the system's error
 */
export function writeWhole(file: string, content: string): void {
  prepareWhole(file, content);
  putInPlace(file);
}

/** The first half: the new content stands in `<file>.new`, synced. */
export function prepareWhole(file: string, content: string): void {
  const handle = openSync(`${file}.new`, 'w', 0o600);
  try {
    writeSync(handle, content);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  giveToOwnerOf(file, `${file}.new`);
}

/** What root writes belongs to whoever `file` belongs to, or would belong to by its folder. */
export function giveToOwnerOf(file: string, written: string): void {
  const owner = ownerOf(file);
  if (owner && process.geteuid?.() === 0) chownSync(written, owner.uid, owner.gid);
}

/** The second half: `<file>.new` takes the place of the file. */
export function putInPlace(file: string): void {
  renameSync(`${file}.new`, file);
  syncFolder(dirname(file));
}

function ownerOf(file: string) {
  return (
    statSync(file, { throwIfNoEntry: false }) ??
    // Its folder tells who it will be for.
    statSync(dirname(file), { throwIfNoEntry: false })
  );
}

/** Without this the new name may be gone after a power loss. Windows has no such thing. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
