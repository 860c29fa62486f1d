/** Turns what the schema found into sentences. */
import type { z } from 'zod';
import { nearestName } from './nearest-name.ts';
import { type ConfigProblem, type KeyPath, type Locate, problemAt } from './problem.ts';

type Issue = z.core.$ZodIssue;

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a group of keys',
  array: 'a list',
};

/**
 * @param valueAt looks a value of the input up, for what it really was.
 * @param descriptionOf what the schema says about a key.
 */
export function issueProblems(
  issues: readonly Issue[],
  locate: Locate,
  valueAt: (path: KeyPath) => unknown,
  descriptionOf: (path: KeyPath) => string | undefined,
  base: KeyPath = [],
): readonly ConfigProblem[] {
  return issues.flatMap((issue) => {
    const path: KeyPath = [...base, ...issue.path.map((step) => (typeof step === 'number' ? step : String(step)))];
    if (issue.code === 'invalid_union') {
      // The alternative that has the right kind of value, and something wrong further in, is the one that was meant.
      const meant = issue.errors.find(
        (errors) =>
          errors.some((inner) => inner.path.length > 0) && errors.every(({ code }) => code !== 'unrecognized_keys'),
      );
      if (meant) return issueProblems(meant, locate, valueAt, descriptionOf, path);
    }
    return [problemAt(locate, path, words(issue, valueAt(path), descriptionOf(path)))];
  });
}

function words(issue: Issue, value: unknown, description: string | undefined): string {
  if (value === undefined && (issue.code === 'invalid_type' || issue.code === 'invalid_union'))
    return description === undefined ? 'is missing. Add it.' : `is missing. Add it: ${description}`;
  switch (issue.code) {
    case 'invalid_type':
      // The schema's own words, where it has some, are better than what can be said of any text or number.
      return issue.message.startsWith('Invalid input') ? wrongType(issue.expected, value) : issue.message;
    case 'invalid_value':
      return notAmong(issue.values.map(String), value);
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options)
        ? notAmong(
            issue.options.flatMap((option) => (option === undefined ? [] : [String(option)])),
            value,
          )
        : issue.message;
    case 'too_small':
      if (issue.origin === 'number' || issue.origin === 'int')
        return `must be at least ${issue.minimum}; ${shown(value)} is less.`;
      return issue.message.startsWith('Too small')
        ? `must have at least ${issue.minimum} entries or characters.`
        : issue.message;
    case 'too_big':
      if (issue.origin === 'number' || issue.origin === 'int')
        return `must be at most ${issue.maximum}; ${shown(value)} is more.`;
      return `must have at most ${issue.maximum} entries or characters.`;
    default:
      return issue.message;
  }
}

function notAmong(values: readonly string[], value: unknown): string {
  if (value === undefined) return `is missing. It must be one of: ${values.join(', ')}.`;
  const meant = typeof value === 'string' ? nearestName(value, values) : undefined;
  const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
  return `must be one of: ${values.join(', ')}; ${shown(value)} is not.${hint}`;
}

function wrongType(expected: string, value: unknown): string {
  const wanted = typeNames[expected] ?? expected;
  const hint =
    expected === 'string' && (typeof value === 'number' || typeof value === 'boolean') ? ' Put it in quotes.' : '';
  const list = expected === 'array' ? ' Begin each entry with a hyphen, or write [a, b].' : '';
  return `must be ${wanted}; ${shown(value)} is not.${hint}${list}`;
}

/** A value for a message. Texts are not shown: one in the wrong place may be a secret. */
function shown(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return /^[\w.-]{1,20}$/.test(value) ? `"${value}"` : 'this text';
  if (value === null) return 'an empty value';
  return Array.isArray(value) ? 'a list' : 'a group';
}
