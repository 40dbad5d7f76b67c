import { closest, distance } from 'fastest-levenshtein';

/**
 * The known name that `name` was probably meant to be, or undefined when none is near: a third of its
 * letters may differ, two in short names, but never all.
 */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const lower = name.toLowerCase();
  const byLower = new Map(known.map((candidate) => [candidate.toLowerCase(), candidate]));
  const best = closest(lower, [...byLower.keys()]);
  const limit = Math.min(Math.max(2, Math.floor(name.length / 3)), name.length - 1);
  return distance(lower, best) <= limit ? byLower.get(best) : undefined;
}

/** `, did you mean 'x'?` or an empty text: to append to "unknown …" messages. */
export function didYouMean(name: string, known: readonly string[]): string {
  const best = nearest(name, known);
  return best === undefined ? '' : `, did you mean '${best}'?`;
}

/** The known names that differ least from `name`, the nearest first; at most `most`. */
export function nearestOf(name: string, known: readonly string[], most: number): readonly string[] {
  const lower = name.toLowerCase();
  return known
    .map((candidate) => ({ candidate, far: distance(lower, candidate.toLowerCase()) }))
    .sort((a, b) => a.far - b.far)
    .slice(0, most)
    .map(({ candidate }) => candidate);
}
