import { machineMs } from '../../base/clock.ts';
import { CachectlError } from '../../base/errors.ts';
import { formatSize } from '../../base/units.ts';
import { workOf } from '../../config/kinds/registry.ts';
import { percentileMetrics } from '../../results/derived.ts';
import { mergeVariants } from '../../results/merge.ts';
import type { VariantResult } from '../../results/run-result.ts';
import { followFleet, lossWarnings } from '../fleet-watch.ts';
import { Fleet } from '../instances/fleet.ts';
import type { VariantRun } from '../plan.ts';
import { Purge } from '../purge.ts';
import { everywhere } from '../staleness-figures.ts';
import { invalidationTask, judgeTask, type JudgedInstance, readsOf } from '../tasks/invalidation.ts';
import { joinWrites, READ_BYTES, type WriteLog } from '../version-log.ts';
import { outcomeOf, warningsOf } from '../warnings.ts';
import type { Kind } from './kind.ts';

/** From all instances being ready to the common start, in milliseconds. */
const LEAD_MS = 200;
/** What all processes together may take for their logs, and for judging them. */
const MAX_BYTES = 1024 ** 3;
/** What judging takes beside each read: its place among the reads of its key, by begin and by end. */
const JUDGING_BYTES = 8;
/** What a change takes in each process: itself, and how it was seen. */
const CHANGE_BYTES = 24 + 25;
/** What a dependency takes in each instance, at most. */
const LINK_BYTES = 500;

/**
 * The `invalidation` kind: all instances read, each changes its own keys, and in the end each judges what it was given
 * by what all have changed.
 */
export const runInvalidation: Kind = async (run) => {
  requireRoom(run);
  const fleet = await Fleet.open(run);
  const watch = followFleet(run, fleet);
  try {
    const { writes, deleted } = await changeAndRead(run, fleet);
    const judged = await fleet.all(judgeTask, () => ({ writes }));
    const result = together(judged, deleted);
    const outcome = outcomeOf(run);
    const scenario = withReadRate(run);
    const warnings = warningsOf({ scenario, result, outcome, lost: run.bed.lostServer });
    return { result, outcome, warnings: [...warnings, ...lossWarnings(run, fleet)] };
  } finally {
    watch.stop();
    await fleet.close();
  }
};

interface Done {
  readonly writes: WriteLog;
  /** Keys that were purged meanwhile; undefined when that was not asked for. */
  readonly deleted: number | undefined;
}

async function changeAndRead(run: VariantRun, fleet: Fleet): Promise<Done> {
  const { purgedKeys } = workOf(run.scenario, 'invalidation');
  const purge = purgedKeys === 0 ? undefined : await Purge.open(run);
  const startAtMs = machineMs() + LEAD_MS;
  const deleting = purge?.delete(startAtMs + run.scenario.warmupMs);
  try {
    const logs = await fleet.all(invalidationTask, () => ({ startAtMs }));
    return { writes: joinWrites(logs), deleted: await deleting };
  } finally {
    await purge?.close();
  }
}

function together(
  [first, ...others]: readonly [JudgedInstance, ...JudgedInstance[]],
  deleted: number | undefined,
): VariantResult {
  const merged = mergeVariants([first.result, ...others.map(({ result }) => result)]);
  const recorder = everywhere([first, ...others].map(({ visibleMs }) => visibleMs));
  const histograms = { ...merged.histograms, visible_everywhere: recorder.encode() };
  const metrics = {
    ...merged.metrics,
    ...percentileMetrics('visible_everywhere', recorder),
    ...(deleted !== undefined && { 'purge.deleted': deleted }),
  };
  recorder.close();
  return { ...merged, metrics, histograms };
}

/** The scenario as one of a given rate, which it is: warnings speak of it. */
function withReadRate({ scenario }: VariantRun): VariantRun['scenario'] {
  const { readRate: rate } = workOf(scenario, 'invalidation');
  const { connections } = scenario.load;
  return {
    ...scenario,
    load: {
      model: 'open',
      shape: { form: 'constant' },
      rate,
      arrival: 'constant',
      connections,
      maxInFlight: connections,
    },
  };
}

/**
 * Every read is kept until it is judged, and every instance judges by all changes.
 * @throws CachectlError `BAD_SCENARIO` when that is too much
 */
function requireRoom({ scenario, variant }: VariantRun): void {
  const { durationMs, instances, keyspace } = scenario;
  const work = workOf(scenario, 'invalidation');
  const reads = readsOf(work, durationMs, 1) * (READ_BYTES + JUDGING_BYTES);
  const changes = ((work.writeRate * durationMs) / 1000) * CHANGE_BYTES * (instances + 1);
  const links = variant.engine.invalidateBy === 'cascade' ? keyspace.keys * LINK_BYTES * instances : 0;
  const bytes = reads + changes + links;
  if (bytes <= MAX_BYTES) return;
  throw new CachectlError(
    'BAD_SCENARIO',
    `${scenario.file}: ${variant.id} would keep ${formatSize(bytes)} of reads, changes and dependencies, at most ${formatSize(MAX_BYTES)} are allowed`,
    {
      hint: 'lower invalidation.reads or writes, use fewer keys or instances, or make duration or ttl shorter',
    },
  );
}
