import type { Random } from '../../base/random.ts';

const FIRST_MS = 50;
const LONGEST_MS = 1000;

/**
 * How long to wait before the attempt after `failures` failed ones: 25 to 50 ms at first, doubled each time, up to
 * 500 to 1000 ms. The jitter spreads clients that lost the same server ("equal jitter", M. Brooker, 2015).
 */
export function backoffMs(failures: number, random: Random): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** failures);
  return (full / 2) * (1 + random.next());
}
