import type { CacheCounts } from '../engine/index.ts';
import { ProcessSampler } from '../metrics/process-samplers.ts';
import { LossWatch, type Tally } from './loss-watch.ts';
import type { VariantRun } from './plan.ts';
import type { Recording } from './recording.ts';
import type { Subject } from './subject.ts';

export interface Seen {
  readonly countsBefore: CacheCounts | undefined;
  readonly countsAfter: CacheCounts | undefined;
  readonly loads: number;
  readonly generator: ReturnType<ProcessSampler['stop']>;
  readonly lost: string | undefined;
}

/** Reads the counters where the measured part begins and ends, tells progress each second, and notices a lost server. */
export function watchRun(
  run: VariantRun,
  subject: Subject,
  recording: Recording,
  stop: AbortController,
  { startMs, outages }: { readonly startMs: number; readonly outages: 'end' | 'expected' },
): { finish(): Seen } {
  const { clock, scenario, variant, bed, host } = run;
  const totalMs = scenario.warmupMs + scenario.durationMs;
  const losses = new LossWatch();
  let countsBefore = subject.system?.cache.counts();
  let loadsBefore = 0;
  let sampler = new ProcessSampler(clock, host);
  let lost: string | undefined;
  // Without a warm-up they are read already: a timer would come after the first operations.
  const begin = (): void => {
    countsBefore = subject.system?.cache.counts();
    loadsBefore = subject.originLoads();
    sampler.stop();
    sampler = new ProcessSampler(clock, host);
  };
  const cancelStart = scenario.warmupMs === 0 ? () => {} : clock.setTimer(begin, scenario.warmupMs);

  const look = (): void => {
    const measuredMs = clock.nowMs() - startMs;
    run.onProgress({
      phase: measuredMs < 0 ? 'warmup' : 'measure',
      variant: variant.title,
      index: run.index,
      count: run.count,
      elapsedMs: Math.min(totalMs, measuredMs + scenario.warmupMs),
      totalMs,
      throughput: measuredMs > 0 ? (recording.operations * 1000) / measuredMs : 0,
      errors: recording.errors,
      hitRatio: recording.hitRatio,
      p99Ms: recording.p99Ms,
    });
    lost ??= bed.lostServer;
    if (outages === 'end') lost ??= losses.look(talliesOf(subject, recording));
    if (lost !== undefined) stop.abort();
    cancelLook = clock.setTimer(look, 1000);
  };
  let cancelLook = clock.setTimer(look, 250);
  return {
    finish: () => {
      cancelStart();
      cancelLook();
      lost ??= bed.lostServer;
      return {
        countsBefore,
        countsAfter: subject.system?.cache.counts(),
        loads: subject.originLoads() - loadsBefore,
        generator: sampler.stop(),
        lost,
      };
    },
  };
}

function talliesOf({ system }: Subject, recording: Recording): Readonly<Record<string, Tally>> {
  const tiers = Object.entries(system?.cache.counts().tiers ?? {}).map(
    ([name, { hits, misses, errors }]) => [name, { answered: hits + misses, failed: errors }] as const,
  );
  return {
    ...Object.fromEntries(tiers),
    workload: { answered: recording.operations, failed: recording.errors },
  };
}
