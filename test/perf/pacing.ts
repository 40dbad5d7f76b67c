/*
 * How well operations begin when they are due, at 10,000 a second, on a core that nothing else needs: how late they are
 * sent, whether the rate is kept, and whether the gaps of a Poisson process are what they should be, by a
 * Kolmogorov-Smirnov test of the times at which operations were sent.
 * Run: npm run bench:pacing [-- rounds]
 */
import { systemClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { Acts } from '../../src/bench/drivers/driver.ts';
import { runOpenLoop } from '../../src/bench/executors/open-loop.ts';
import { Recording, release } from '../../src/bench/recording.ts';
import { createPacer } from '../../src/workload/arrivals.ts';
import { constantRate } from '../../src/workload/rates/constant.ts';
import { median, print } from './scenario.ts';

const RATE = 10_000;
const SECONDS = 5;
const ROUNDS = Number(process.argv[2] ?? 5);
/** Critical value of the Kolmogorov-Smirnov statistic times the root of the count, at 1 %. */
const CRITICAL = 1.63;

interface Round {
  readonly within100us: number;
  readonly within1ms: number;
  readonly rate: number;
  readonly statistic: number;
}

async function round(arrival: 'constant' | 'poisson', seed: number): Promise<Round> {
  const sent: number[] = [];
  const due: number[] = [];
  const pacer = createPacer(arrival, constantRate(RATE), seededRandom(seed));
  const startMs = systemClock.nowMs();
  const endMs = startMs + SECONDS * 1000;
  const recording = new Recording(startMs, 'open');
  const act = {
    send: (): Promise<void> => {
      sent.push(systemClock.nowMs());
      return NOTHING;
    },
    judge: (): 'written' => 'written',
  };
  await runOpenLoop(
    {
      driver: new Proxy({}, { get: () => act }) as Acts,
      recording,
      nextOperation: () => 'get',
      nextKey: () => 0,
      clock: systemClock,
      endMs,
      signal: new AbortController().signal,
    },
    {
      pacer: {
        nextDueMs: () => {
          const at = pacer.nextDueMs();
          due.push(startMs + at);
          return at;
        },
      },
      connections: 1,
      maxInFlight: 100_000,
    },
  );
  release(recording.finish(endMs));
  // the loop begins a moment after our look at the clock: the one that was least late was sent in time
  const since = sent.map((at, i) => at - (due[i] ?? at));
  const begin = since.reduce((a, b) => Math.min(a, b), Infinity);
  const late = since.map((ms) => ms - begin);
  const span = (sent.at(-1) ?? 0) - (sent[0] ?? 0);
  return {
    within100us: share(late, 0.1),
    within1ms: share(late, 1),
    rate: ((sent.length - 1) * 1000) / span,
    statistic: statisticOf(sent),
  };
}

const NOTHING = Promise.resolve();

const share = (late: readonly number[], ms: number): number =>
  late.filter((each) => each <= ms).length / late.length;

/** Largest distance between the gaps as they were and the exponential distribution, times the root of their count. */
function statisticOf(times: readonly number[]): number {
  const gaps = times
    .slice(1)
    .map((at, i) => at - (times[i] ?? at))
    .toSorted((a, b) => a - b);
  const distances = gaps.map((gap, i) => {
    const expected = 1 - Math.exp((-gap * RATE) / 1000);
    return Math.max(Math.abs((i + 1) / gaps.length - expected), Math.abs(expected - i / gaps.length));
  });
  return Math.max(...distances) * Math.sqrt(gaps.length);
}

for (const arrival of ['constant', 'poisson'] as const) {
  const rounds: Round[] = [];
  for (let i = 0; i < ROUNDS; i++) rounds.push(await round(arrival, i + 1));
  const of = (pick: (one: Round) => number): string => {
    const all = rounds.map(pick).toSorted((a, b) => a - b);
    const text = (value: number): string => `${(100 * value).toFixed(3)} %`;
    return `${text(median(all))} (${text(all[0] ?? 0)} to ${text(all.at(-1) ?? 0)})`;
  };
  print(`${arrival}, ${RATE}/s, ${ROUNDS} rounds of ${SECONDS} s, median (range):`);
  print(`  sent within 100 µs ${of((one) => one.within100us)}, within 1 ms ${of((one) => one.within1ms)}`);
  print(`  rate ${of((one) => one.rate / RATE)} of what it should be`);
  if (arrival === 'poisson') {
    const worst = Math.max(...rounds.map(({ statistic }) => statistic));
    print(
      `  Kolmogorov-Smirnov of the gaps as sent: at most ${worst.toFixed(2)}, to pass at 1 %: ${CRITICAL}`,
    );
  }
}
