/**
 * Cost of the generators and recorders, in nanoseconds a call: `npx tsx test/perf/generators.ts`.
 * What one costs is time the system under test does not get, so it must stay far below the cost of an
 * operation. Believe the ratios: absolute figures drift with the machine.
 */
import { systemClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { IntervalSeries } from '../../src/metrics/interval-series.ts';
import { LatencyRecorder } from '../../src/metrics/latency.ts';
import { createPacer } from '../../src/workload/arrivals.ts';
import { Bijection } from '../../src/workload/bijection.ts';
import { createKeyDistribution } from '../../src/workload/distributions.ts';
import { keyName } from '../../src/workload/key-names.ts';
import { OperationMix } from '../../src/workload/operations.ts';
import { constantRate } from '../../src/workload/rates/constant.ts';
import { ValueMaker, verifyValue } from '../../src/workload/values.ts';

const ROUNDS = 9;
const CALLS = 500_000;
const KEYS = 1_000_000;
const NONE = { getOrLoad: 0, get: 0, multiGet: 0, set: 0, delete: 0, touch: 0, incr: 0 };

const random = seededRandom(42);
const layout = seededRandom(7);
const indexes = Array.from({ length: 4096 }, () => Math.floor(random.next() * KEYS));
const latencies = Float64Array.from({ length: 4096 }, () => Math.exp(random.next() * 12) / 10_000);
const zipfian = (exponent: number): (() => number) => {
  const keys = createKeyDistribution({ distribution: 'zipfian', keys: KEYS, exponent }, layout, random);
  return () => keys.next();
};

const cases: Record<string, (i: number) => number> = {
  'loop and table alone': (i) => indexes[i & 4095]!,
  'random: 32 bits': () => random.nextUint32(),
  'random: 53 bits': () => random.next(),
  'keys: uniform': (
    (keys) => () =>
      keys.next()
  )(createKeyDistribution({ distribution: 'uniform', keys: KEYS }, layout, random)),
  'keys: zipfian 0.8': zipfian(0.8),
  'keys: zipfian 0.99': zipfian(0.99),
  'keys: zipfian 1': zipfian(1),
  'keys: zipfian 1.4': zipfian(1.4),
  'bijection alone': (
    (scatter) => (i: number) =>
      scatter.map(indexes[i & 4095]!)
  )(new Bijection(KEYS, layout)),
  'key text': (i) => keyName(indexes[i & 4095]!).charCodeAt(11),
  'operation mix': (
    (mix) => () =>
      mix.next().length
  )(new OperationMix({ ...NONE, getOrLoad: 0.8, get: 0.1, set: 0.09, delete: 0.01 }, random)),
  'pacer: constant': (
    (pacer) => () =>
      pacer.nextDueMs()
  )(createPacer('constant', constantRate(1e4), random)),
  'pacer: poisson': (
    (pacer) => () =>
      pacer.nextDueMs()
  )(createPacer('poisson', constantRate(1e4), random)),
  ...Object.fromEntries(
    [64, 512, 4096].flatMap((bytes) => {
      const maker = new ValueMaker({ distribution: 'fixed', bytes }, layout);
      const kept = indexes.map((index) => maker.make(index, 1));
      return [
        [
          `value: make ${bytes} B`,
          (i: number) => (kept[i & 4095] = maker.make(indexes[i & 4095]!, i)).byteLength,
        ],
        [`value: verify ${bytes} B`, (i: number) => verifyValue(kept[i & 63]!, indexes[i & 63]!).length],
      ];
    }),
  ),
  ...Object.fromEntries(
    (['wasm', 'js'] as const).map((build) => {
      const recorder = new LatencyRecorder(build);
      return [`record latency: ${build}`, (i: number) => (recorder.record(latencies[i & 4095]!), i)];
    }),
  ),
  'record in series': ((series) => (i: number) => (series.record(1, latencies[i & 4095]!, 'hit'), i))(
    new IntervalSeries(0),
  ),
};

function nanosPerCall(call: (i: number) => number): number {
  let sum = 0;
  const begin = systemClock.nowMs();
  for (let i = 0; i < CALLS; i++) sum += call(i);
  const nanos = ((systemClock.nowMs() - begin) * 1e6) / CALLS;
  return Number.isNaN(sum) ? sum : nanos;
}

process.stdout.write(`ns a call: median (least to most) of ${ROUNDS} rounds of ${CALLS} calls\n`);
for (const [name, call] of Object.entries(cases)) {
  nanosPerCall(call);
  const rounds = Array.from({ length: ROUNDS }, () => nanosPerCall(call)).sort((a, b) => a - b);
  const [least, median, most] = [0, ROUNDS >> 1, ROUNDS - 1].map((i) => rounds[i]?.toFixed(1).padStart(7));
  process.stdout.write(`${name.padEnd(24)} ${median} (${least} to ${most})\n`);
}
