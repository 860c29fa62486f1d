/**
 * Records of the data folder that are one JSON file each. They are written whole or not at all, so one that cannot be read was
 * damaged by the disk or by hand: that is said in a sentence, and nothing in it is taken for granted.
 */
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { extname } from 'node:path';
import type { z } from 'zod';
import { FaultError } from '../domain/catalogue.ts';
import { whyOf } from '../vault/vault-error.ts';

/** Its message is one sentence for people. */
export class DamagedRecordError extends FaultError {
  constructor(sentence: string, options?: ErrorOptions) {
    super({ code: 'record-damaged', text: sentence, detail: sentence }, options);
    this.name = 'DamagedRecordError';
    this.message = sentence;
  }
}

/**
 * What the file holds; undefined when there is none.
 * @param remedy what to do about a damaged one, as a sentence
 * @throws DamagedRecordError
 */
export function readRecord<T>(file: string, schema: z.ZodType<T>, remedy: string): T | undefined {
  if (!existsSync(file)) return undefined;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new DamagedRecordError(
      `${file} cannot be read (${whyOf(error)}). It must be a file that belongs to the user that Mailroom runs as.`,
      { cause: error },
    );
  }
  const read = schema.safeParse(parse(text));
  if (read.success) return read.data;
  throw new DamagedRecordError(`${file} is damaged: it is not as Mailroom wrote it. ${remedy}`);
}

/** Moves a damaged file out of the way, beside its place, where it takes nothing away that stands there. @returns where it is now */
export function setAside(file: string): string {
  const end = extname(file);
  const stem = `${file.slice(0, file.length - end.length)}-damaged`;
  let place = `${stem}${end}`;
  for (let number = 2; existsSync(place); number += 1) place = `${stem}-${number}${end}`;
  renameSync(file, place);
  return place;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
