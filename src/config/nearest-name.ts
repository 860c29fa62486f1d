/** Finds the name that somebody most likely meant. */

/** Case, underscores and hyphens are how names of YAML, of the environment and of people differ. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/[-_\s]/g, '');
}

/** The nearest of `names`, or undefined when none is near enough to be worth a guess. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  const wanted = plainName(name);
  let best: string | undefined;
  let least = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of names) {
    const steps = distance(wanted, plainName(candidate));
    if (steps < least) {
      least = steps;
      best = candidate;
    }
  }
  return best ?? names.find((candidate) => wanted.length > 2 && plainName(candidate).startsWith(wanted));
}

/** Letters to add, remove, change or swap with their neighbour to get from one word to the other. */
function distance(one: string, other: string): number {
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const same = one[i - 1] === other[j - 1];
      let least = Math.min((row[j - 1] ?? 0) + 1, (last[j] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1])
        least = Math.min(least, (before[j - 2] ?? 0) + 1);
      row.push(least);
    }
    before = last;
    last = row;
  }
  return last[other.length] ?? 0;
}
