/**
 * What is wrong with a configuration, in sentences. Each says where (file, line and key, or the variable of the
 * environment), what is wrong, and what to do.
 */

/** Keys and positions from the root of the configuration to a value. */
export type KeyPath = readonly (string | number)[];

export interface ConfigProblem {
  /** File or variable, for programs. */
  readonly source: string;
  /** 1 for the first; absent for the environment. */
  readonly line?: number;
  /** As `clients[0].senders`; '' for the file as a whole. */
  readonly key: string;
  /** All of it in one sentence or two, for people. */
  readonly sentence: string;
}

/** Where a value came from. */
export interface Place {
  readonly source: string;
  readonly line?: number;
}

/** Tells where the value at a path stands, or where it would have to stand. */
export type Locate = (path: KeyPath) => Place;

/** `clients[0].senders[2]`. */
export function keyText(path: KeyPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

/** @param words what is wrong and what to do, going on after the key. */
export function problemAt(locate: Locate, path: KeyPath, words: string): ConfigProblem {
  const { source, line } = locate(path);
  const key = keyText(path);
  const where = line === undefined ? source : `${source}:${line}`;
  const sentence = key === '' ? `${where} ${words}` : `${where} ${key} ${words}`;
  return line === undefined ? { source, key, sentence } : { source, line, key, sentence };
}
