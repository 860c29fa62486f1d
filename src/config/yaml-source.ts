/** Reads YAML and remembers on which line each key stands. */
import { isAlias, isCollection, isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { type ConfigProblem, type KeyPath, type Place, problemAt } from './problem.ts';

export interface YamlSource {
  /** Plain value of the document; an empty file is an empty group. */
  readonly value: unknown;
  readonly problems: readonly ConfigProblem[];
  /** Line of the deepest part of a path that the file has. */
  locate(path: KeyPath): Place;
}

/** @param file name for messages. */
export function readYaml(text: string, file: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number | undefined): Place => ({ source: file, line: lines.linePos(offset ?? 0).line || 1 });
  const locate = (path: KeyPath): Place => at(offsetOf(document.contents, path));
  const problems = [...document.errors, ...document.warnings].map((error) =>
    problemAt(
      () => at(error.pos[0]),
      [],
      `is not readable as YAML: ${error.message.split('\n')[0]}. Correct the line.`,
    ),
  );
  if (document.errors.length > 0) return { value: {}, problems, locate };
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    return { value: value ?? {}, problems, locate };
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return { value: {}, problems: [...problems, problemAt(locate, [], `is not readable as YAML: ${words}.`)], locate };
  }
}

function offsetOf(root: Node | null, path: KeyPath): number | undefined {
  let node: unknown = root;
  let offset = isCollection(root) || isScalar(root) ? root.range?.[0] : undefined;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(step),
      );
      if (!pair) break;
      if (isScalar(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = typeof step === 'number' ? node.items[step] : undefined;
      if (isCollection(node) || isScalar(node) || isAlias(node)) offset = node.range?.[0] ?? offset;
    } else break;
  }
  return offset;
}
