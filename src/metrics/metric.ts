/** A `ratio` is a share, from 0 to 1; a `factor` is any number of times. */
export type MetricUnit = 'ms' | 'per_second' | 'ratio' | 'factor' | 'count' | 'bytes';

/** A metric as it is called everywhere: result files, gates, reports, JSON. */
export interface MetricDefinition {
  readonly name: string;
  readonly unit: MetricUnit;
  readonly better: 'lower' | 'higher' | 'neither';
  readonly meaning: string;
  /**
   * What the figure of several instances or machines is: the sum, the largest, or worked out anew from what was merged.
   * They share their servers, and each has read the server's own figures: those are not added. Default: counts are
   * added, of bytes the largest counts, all others are worked out.
   */
  readonly merge?: MergeRule;
}

export type MergeRule = 'sum' | 'max' | 'derived';

const MERGE_BY_UNIT: Readonly<Record<MetricUnit, MergeRule>> = {
  ms: 'derived',
  per_second: 'derived',
  ratio: 'derived',
  factor: 'derived',
  count: 'sum',
  bytes: 'max',
};

/** How the figure of the whole comes from those of its parts. */
export function mergeRuleOf({ merge, unit }: MetricDefinition): MergeRule {
  return merge ?? MERGE_BY_UNIT[unit];
}

/** The points of a distribution of times. */
export const latency = (prefix: string, what: string): readonly MetricDefinition[] =>
  (['p50', 'p90', 'p95', 'p99', 'p999', 'max', 'mean'] as const).map((point) => ({
    name: `${prefix}.${point}`,
    unit: 'ms',
    better: 'lower',
    meaning: `${what}, ${point === 'p999' ? '99.9th percentile' : point === 'max' ? 'largest' : point === 'mean' ? 'mean' : `${point.slice(1)}th percentile`}`,
  }));

/** What is counted of each tier. */
export const perTier = (tier: string, label: string): readonly MetricDefinition[] => [
  {
    name: `${tier}.hit_ratio`,
    unit: 'ratio',
    better: 'higher',
    meaning: `hits of ${label} by the reads that reached it`,
  },
  { name: `${tier}.hits`, unit: 'count', better: 'higher', meaning: `reads that ${label} answered` },
  { name: `${tier}.misses`, unit: 'count', better: 'lower', meaning: `reads that ${label} could not answer` },
  {
    name: `${tier}.errors`,
    unit: 'count',
    better: 'lower',
    meaning: `calls to ${label} that failed or overran their deadline`,
  },
  {
    name: `${tier}.evictions`,
    unit: 'count',
    better: 'lower',
    meaning: `entries that ${label} dropped to make room`,
    merge: tier === 'l1' ? 'sum' : 'max',
  },
];
