/*
 * Whether every key distribution and the Poisson arrivals are exact, and what a draw costs. Each distribution is drawn
 * from as a run does it, through the sequence of draws with its blocks, and held against probabilities that are
 * computed in another way. Exit code 1 when a chi-square by its degrees of freedom is not within 0.9 to 1.1, or a
 * Kolmogorov-Smirnov distance (times the root of the number of gaps) over 1.63, which 1 of 100 right ones is.
 * Run: npm run bench:distributions
 */
import { systemClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { createKeyDistribution } from '../../src/workload/distributions.ts';
import { DrawSequence } from '../../src/workload/draw-sequence.ts';
import { countRanks, distributionCases, READS_AND_WRITES } from '../support/key-distributions.ts';
import { chiSquarePerDegree } from '../unit/statistics.ts';
import { median, print } from './scenario.ts';

const KEYS = 100_000;
const DRAWS = 20_000_000;
const SEED = 42;
const ROUNDS = 5;
const DRAWS_A_ROUND = 1_000_000;

let failed = false;

function verdict(right: boolean): string {
  failed ||= !right;
  return right ? 'ok' : 'OUT OF BOUNDS';
}

function nanosPerDraw(draw: () => number): number {
  const rounds = Array.from({ length: ROUNDS }, () => {
    let sum = 0;
    const begin = systemClock.nowMs();
    for (let i = 0; i < DRAWS_A_ROUND; i++) sum += draw();
    const nanos = ((systemClock.nowMs() - begin) * 1e6) / DRAWS_A_ROUND;
    return Number.isNaN(sum) ? sum : nanos;
  });
  return median(rounds);
}

print(`${DRAWS} operations on ${KEYS} keys, seed ${SEED}; ns a draw: median of ${ROUNDS} rounds`);
print('distribution        chi²/df   ns alone   ns with operation, in the sequence');
for (const one of distributionCases(KEYS, SEED)) {
  const { name, spec, weights } = one;
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const fit = chiSquarePerDegree(countRanks(one, SEED, DRAWS), (rank) => weights[rank]! / sum);
  const keys = createKeyDistribution(spec, seededRandom(1), seededRandom(2));
  const alone = nanosPerDraw(() => keys.next());
  const sequence = new DrawSequence({ keyspace: spec, operations: READS_AND_WRITES }, seededRandom(3));
  const within = nanosPerDraw(() => sequence.nextOperation().length + sequence.nextKey());
  print(
    `${name.padEnd(18)} ${fit.toFixed(4).padStart(8)} ${alone.toFixed(1).padStart(10)} ${within.toFixed(1).padStart(8)}   ${verdict(fit > 0.9 && fit < 1.1)}`,
  );
}

const scan = new DrawSequence(
  { keyspace: { distribution: 'sequential', keys: KEYS }, operations: READS_AND_WRITES },
  seededRandom(SEED),
);
let next = 0;
for (let i = 0; i < DRAWS && next >= 0; i++) {
  scan.nextOperation();
  next = scan.nextKey() === next ? (next + 1) % KEYS : -1;
}
print(`sequential         each key in its turn   ${verdict(next >= 0)}`);
if (failed) process.exitCode = 1;
