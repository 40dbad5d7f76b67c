import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import { type Random, seededRandom } from '../../../src/base/random.ts';
import type { RunResult, ServerRecord, VariantResult } from '../../../src/results/run-result.ts';

/** Where reads end, from the nearest to the farthest: a tier and the median of its answer in milliseconds. */
interface Answer {
  readonly from: string;
  readonly share: number;
  readonly medianMs: number;
}

export interface VariantSpec {
  readonly id: string;
  readonly title: string;
  readonly answers: readonly Answer[];
  readonly operations: number;
  readonly seconds?: number;
  readonly errors?: number;
}

/** A log-normal latency: the usual shape of a service's answers. */
function latencyMs(random: Random, medianMs: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  return medianMs * Math.exp(0.35 * normal);
}

function draw(answers: readonly Answer[], random: Random): Answer | undefined {
  let left = random.next();
  return answers.find((answer) => (left -= answer.share) < 0) ?? answers.at(-1);
}

/** A variant as a run would have measured it: figures, histogram and tiers agree with each other. */
export function variantOf(spec: VariantSpec, seed = 42): VariantResult {
  const random = seededRandom(seed).fork(spec.id);
  const histogram = build({
    highestTrackableValue: 3.6e12,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 64,
  });
  const hits = new Map<string, number>();
  for (let i = 0; i < spec.operations; i++) {
    const answer = draw(spec.answers, random);
    if (answer === undefined) break;
    hits.set(answer.from, (hits.get(answer.from) ?? 0) + 1);
    histogram.recordValue(Math.round(latencyMs(random, answer.medianMs) * 1e6));
  }
  const seconds = spec.seconds ?? 10;
  const loads = hits.get('origin') ?? 0;
  const tiers = spec.answers.map((answer) => answer.from).filter((from) => from !== 'origin');
  const metrics: Record<string, number> = {
    throughput: spec.operations / seconds,
    operations: spec.operations,
    errors: spec.errors ?? 0,
    ...Object.fromEntries(
      [
        ['p50', 50],
        ['p90', 90],
        ['p99', 99],
        ['p999', 99.9],
        ['max', 100],
      ].map(([name, at]) => [`latency.${name}`, histogram.getValueAtPercentile(Number(at)) / 1e6]),
    ),
    'latency.mean': histogram.mean / 1e6,
    'origin.loads': loads,
    'origin.loads_avoided': spec.operations - loads,
    'memory.process.bytes': 148_000_000 + spec.operations * 40,
  };
  if (tiers.length > 0) metrics['hit_ratio'] = 1 - loads / spec.operations;
  let reached = spec.operations;
  for (const tier of tiers) {
    const found = hits.get(tier) ?? 0;
    metrics[`${tier}.hits`] = found;
    metrics[`${tier}.misses`] = reached - found;
    metrics[`${tier}.hit_ratio`] = found / reached;
    metrics[`memory.${tier}.bytes`] = 2_500_000 + (tier.length * 7_300_000) / 3;
    reached -= found;
  }
  return {
    id: spec.id,
    title: spec.title,
    tiers,
    measuredMs: seconds * 1000,
    metrics,
    histograms: { latency: encodeIntoCompressedBase64(histogram) },
    seconds: [],
    errors: [],
  };
}

const origin = (share: number): Answer => ({ from: 'origin', share, medianMs: 8.4 });
const l1 = (share: number): Answer => ({ from: 'l1', share, medianMs: 0.0016 });
const redis = (share: number): Answer => ({ from: 'redis', share, medianMs: 0.21 });
const memcached = (share: number): Answer => ({ from: 'memcached', share, medianMs: 0.19 });
const database = (share: number): Answer => ({ from: 'database', share, medianMs: 0.62 });

export const SPECS: readonly VariantSpec[] = [
  { id: 'none', title: 'no cache', answers: [origin(1)], operations: 3_000 },
  { id: 'l1', title: 'L1', answers: [l1(0.62), origin(0.38)], operations: 9_000 },
  { id: 'redis', title: 'Redis', answers: [redis(0.93), origin(0.07)], operations: 20_000 },
  { id: 'memcached', title: 'Memcached', answers: [memcached(0.91), origin(0.09)], operations: 18_000 },
  { id: 'database', title: 'database', answers: [database(0.97), origin(0.03)], operations: 14_000 },
  {
    id: 'all',
    title: 'all tiers',
    answers: [l1(0.62), redis(0.31), database(0.045), origin(0.025)],
    operations: 40_000,
  },
];

export const SERVERS: readonly ServerRecord[] = [
  ['redis', 'Redis', '7.0.15'],
  ['memcached', 'memcached', '1.6.18'],
  ['database', 'libSQL', '0.5.29'],
  ['origin', 'libSQL', '0.5.29'],
].map(([role = '', product = '', version = '']) => ({
  role,
  product,
  version,
  address: `/tmp/private/${product.toLowerCase()}.sock`,
  private: true,
  settings: {},
}));

/** A complete run of the given variants. */
export function runOf(specs: readonly VariantSpec[] = SPECS, changes: Partial<RunResult> = {}): RunResult {
  return {
    schema: 'cachectl.bench/1',
    cachectl: '0.1.0',
    startedAt: '2026-03-01T12:00:00.000Z',
    scenario: {
      name: 'quickstart',
      title: 'what each tier is worth for one read-heavy workload',
      kind: 'load',
      file: 'scenarios/quickstart.yaml',
      seed: 42,
      load: { model: 'closed', connections: 32 },
      variants: specs.map((spec) => spec.id),
      resolved: {},
    },
    environment: {
      node: '20.20.2',
      platform: 'linux x64',
      cpu: 'Intel Xeon',
      cores: 2,
      memoryBytes: 8 * 1024 ** 3,
      servers: SERVERS,
    },
    variants: specs.map((spec) => variantOf(spec)),
    warnings: [],
    outcome: 'complete',
    ...changes,
  };
}
