import fc from 'fast-check';
import { expect, test } from 'vitest';
import { resultOf } from '../../../src/bench/measure.ts';
import { Recording } from '../../../src/bench/recording.ts';
import { ErrorTally } from '../../../src/metrics/counters.ts';
import type { SecondSample } from '../../../src/metrics/interval-series.ts';
import { LatencyRecorder } from '../../../src/metrics/latency.ts';
import { mergeVariants } from '../../../src/results/merge.ts';
import type { VariantResult } from '../../../src/results/run-result.ts';
import { parseScenario } from '../../../src/config/scenario-file.ts';
import { ValueMaker } from '../../../src/workload/values.ts';
import { seededRandom } from '../../../src/base/random.ts';

interface Operation {
  readonly at: number;
  readonly latency: number;
  readonly outcome: 'hit' | 'miss' | 'written' | 'error';
}

const scenario = parseScenario('name: x\nkind: load\n', 'x.yaml');
const [variant] = scenario.variants;
if (variant === undefined) throw new Error('the scenario has no variant');

/** The result of a process that saw these operations. */
function measured(operations: readonly Operation[], metrics: Record<string, number> = {}): VariantResult {
  const recording = new Recording(0, 'open');
  for (const { at, latency, outcome } of operations) {
    if (outcome === 'error') recording.failed(at, at + latency, new Error('refused'));
    else recording.done(outcome === 'written' ? 'set' : 'get', at, at, at + latency, outcome);
  }
  const subject = {
    driver: {} as never,
    system: undefined,
    values: new ValueMaker(scenario.values, seededRandom(1)),
    tierErrors: new ErrorTally(),
    hooks: { nextKey: undefined, noteLoad: undefined },
    originLoads: () => 0,
    close: async () => {},
  };
  const counted = {
    countsBefore: undefined,
    countsAfter: undefined,
    loads: 0,
    statsBefore: {},
    statsAfter: {},
    generator: { lagP99Ms: 1, utilization: 0.5, cores: 0, cpuMs: 0, starved: 0.5, maxRssBytes: 100 },
    waitedMs: 0,
  };
  return resultOf(
    { scenario, variant: { ...variant!, driver: 'engine' } },
    subject,
    recording.finish(3000),
    counted,
    metrics,
  );
}

const operation: fc.Arbitrary<Operation> = fc.record({
  at: fc.double({ min: 0, max: 2900, noNaN: true }),
  latency: fc.double({ min: 0.001, max: 90, noNaN: true }),
  outcome: fc.constantFrom('hit', 'miss', 'written', 'error'),
});

/** Operations as a process sees them, in the order of their ends. */
const inOrder = (operations: readonly Operation[]): readonly Operation[] =>
  [...operations].sort((a, b) => a.at + a.latency - (b.at + b.latency));

test('merging loses nothing: the parts give what one process would have measured', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(operation, fc.nat({ max: 3 })), { minLength: 1, maxLength: 200 }),
      (drawn) => {
        const parts = [0, 1, 2, 3].map((part) =>
          measured(inOrder(drawn.flatMap(([one, to]) => (to === part ? [one] : [])))),
        );
        const merged = mergeVariants(parts as [VariantResult, ...VariantResult[]]);
        const whole = mergeVariants([measured(inOrder(drawn.map(([one]) => one))), measured([])]);
        const { offered_rate: _added, ...metrics } = merged.metrics;
        const { offered_rate: _whole, ...expected } = whole.metrics;
        expect(metrics).toEqual(expected);
        expect(merged.seconds.map(decoded)).toEqual(whole.seconds.map(decoded));
        expect(merged.errors).toEqual(whole.errors);
        for (const name of Object.keys(whole.histograms)) {
          expect(pointsOf(merged, name)).toEqual(pointsOf(whole, name));
        }
      },
    ),
    { numRuns: 25 },
  );
});

/** The same histogram can be encoded in more than one way. */
const decoded = ({ latency = '', ...second }: SecondSample): unknown => ({
  ...second,
  points: latency === '' ? undefined : pointsIn(latency),
});

const pointsOf = (result: VariantResult, name: string): readonly (number | undefined)[] =>
  pointsIn(result.histograms[name] ?? '');

function pointsIn(encoded: string): readonly (number | undefined)[] {
  const recorder = LatencyRecorder.decode(encoded);
  const points = [recorder.count, ...[1, 50, 90, 99, 100].map((percent) => recorder.percentile(percent))];
  recorder.close();
  return points;
}

test('what all parts have read from the same server is not added', () => {
  const part = measured([{ at: 1, latency: 1, outcome: 'hit' }], {
    'redis.evictions': 5,
    'l1.evictions': 2,
    'memory.redis.bytes': 1000,
    'memory.l1.bytes': 10,
    'redis.hits': 3,
    'redis.misses': 1,
    'origin.loads': 4,
    'origin.cold_keys': 2,
  });
  expect(mergeVariants([part, part, part]).metrics).toMatchObject({
    'redis.evictions': 5,
    'l1.evictions': 6,
    evictions: 11,
    'memory.redis.bytes': 1000,
    'memory.l1.bytes': 30,
    'redis.hit_ratio': 0.75,
    'origin.loads_per_cold_key': 6,
    operations: 3,
    throughput: 1,
  });
});
