/** What can be set about the embedded store, and what it is given. */
import type { Worker } from 'node:worker_threads';
import type { Clock, Logger } from '../../domain/ports.ts';
import { type FileOperations, realFiles } from './files.ts';

/**
 * Places of the way to disk at which a test may stop the process:
 * - `before-write`: the group is closed, and nothing of it is handed to the operating system.
 * - `after-sync`: it is written and synced.
 * - `before-answer`: the index has been told, and nobody who waits for the group has been answered.
 * - `after-answer`: the promises of the group have been resolved.
 * - `body-synced`: a body's own file is synced, and the record that names it is not written.
 * - `segment-made`: a new segment has its name, and nothing is in it.
 * - `before-remove`: the index is durably past a segment, and its file is about to be removed.
 */
export type CrashPoint =
  | 'before-write'
  | 'after-sync'
  | 'before-answer'
  | 'after-answer'
  | 'body-synced'
  | 'segment-made'
  | 'before-remove';

export interface EmbeddedOptions {
  /** Size at which a segment is followed by the next, in bytes. */
  readonly segmentBytes: number;
  /** A body larger than this gets a file of its own, in bytes. */
  readonly largeBodyBytes: number;
  /** Limit for the bodies in memory that are not durable yet, in bytes. */
  readonly receivingBytes: number;
  /** Space on the disk that acceptance leaves alone, in bytes, so that outcomes can still be put on record. */
  readonly reserveBytes: number;
  /** Memory for bodies that were accepted a moment ago and are about to be sent, in bytes. */
  readonly cacheBytes: number;
  /** How long the bytes of sent and cancelled messages are kept, in ms. 0: until their segment can go. */
  readonly keepSentBodiesMs: number;
  /** How long the bytes of failed messages are kept, in ms, so that a person can retry them. */
  readonly keepFailedBodiesMs: number;
  /** How long final messages stay on record, in ms, once their bytes have gone. */
  readonly keepHistoryMs: number;
  /** Pause between two looks for segments that can go, in ms. */
  readonly sweepMs: number;
  /** Pause before writing is tried again after the disk has refused, in ms. */
  readonly retryMs: number;
  /** An old segment is carried forward when less than this share of it is still needed. */
  readonly carryBelow: number;
}

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
const day = 24 * 60 * 60 * 1000;

export const defaultOptions: EmbeddedOptions = {
  segmentBytes: 64 * mebibyte,
  largeBodyBytes: 256 * kibibyte,
  receivingBytes: 128 * mebibyte,
  reserveBytes: 256 * mebibyte,
  cacheBytes: 32 * mebibyte,
  keepSentBodiesMs: 7 * day,
  keepFailedBodiesMs: 30 * day,
  keepHistoryMs: 90 * day,
  sweepMs: 60_000,
  retryMs: 500,
  carryBelow: 0.3,
};

export interface EmbeddedStoreSetup {
  /** The data folder; made when it is not there. */
  readonly dir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options?: Partial<EmbeddedOptions>;
  /** For crash tests. */
  readonly probe?: (point: CrashPoint) => void;
  /** For tests of a failing disk. */
  readonly files?: FileOperations;
  /** The index's thread, when it was begun ahead. */
  readonly thread?: Worker;
  /** The index's thread has ended by itself: mail is still taken, and nothing is sent before the store is opened anew. */
  readonly onIndexLost?: () => void;
  /** Is told of the bytes of large bodies that were written or read in pieces. */
  readonly passed?: (bytes: number) => void;
}

/** The set-up with everything decided. */
export interface Setting extends EmbeddedOptions {
  readonly dir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly probe: ((point: CrashPoint) => void) | undefined;
  readonly files: FileOperations;
  readonly passed: ((bytes: number) => void) | undefined;
}

export function decideSetting(setup: EmbeddedStoreSetup): Setting {
  return {
    ...defaultOptions,
    ...setup.options,
    dir: setup.dir,
    clock: setup.clock,
    logger: setup.logger,
    probe: setup.probe,
    files: setup.files ?? realFiles,
    passed: setup.passed,
  };
}
