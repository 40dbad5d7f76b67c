import type { EngineSettings } from '../config/engine-schema.ts';
import { LatencyRecorder } from '../metrics/latency.ts';
import type { SeenChanges, Staleness } from './staleness.ts';

/** Where values come from, by the number that logs of reads have for it. */
const SOURCES: readonly string[] = ['l1', 'redis', 'memcached', 'database', 'origin'];

/** The number of a value that was loaded. */
export const ORIGIN: number = SOURCES.indexOf('origin');

/** The number of what a read names as its source: a tier, or the loader. */
export function sourceNumber(source: string | undefined): number {
  const number = SOURCES.indexOf(source ?? '');
  return number < 0 ? ORIGIN : number;
}

/**
 * Age that a stale read may have by the coherence level, in milliseconds. Entries that nobody invalidates are held to
 * the same: that shows what is missing.
 */
export function boundOf({ level, boundMs }: Pick<EngineSettings, 'level' | 'boundMs'>): number {
  return level === 'strict' ? 0 : boundMs;
}

/** What one instance was given, as metrics. */
export function metricsOf(
  { reads, stale, beyondBound, maxAgeMs, resurrected, unseen, changes }: Staleness,
  engine: Pick<EngineSettings, 'level' | 'boundMs'>,
): Record<string, number> {
  const visible = recorderOf(changes.visibleMs);
  const p99 = visible.percentile(99);
  visible.close();
  return {
    'reads.judged': reads,
    'stale.reads': stale,
    'stale.beyond_bound': beyondBound,
    'stale.bound': boundOf(engine),
    'stale.max_age': maxAgeMs,
    'stale.resurrected': resurrected,
    'visible.unseen': unseen,
    ...(p99 !== undefined && { 'visible.slowest_instance': p99 }),
  };
}

/** How long it took one instance to see the changes, by metric; the caller closes the recorders. */
export function distributionsOf({ changes }: Staleness): Record<string, LatencyRecorder> {
  const bySource = SOURCES.map((source, number) => {
    const those = changes.visibleMs.filter((_, i) => changes.lastSources[i] === number);
    return [`${source}.visible`, recorderOf(those)] as const;
  });
  return {
    visible: recorderOf(changes.visibleMs),
    visible_since_begun: recorderOf(changes.sinceBegunMs),
    stale_for: recorderOf(changes.staleForMs),
    ...Object.fromEntries(bySource),
  };
}

/**
 * How long it took until all instances that had something to forget had seen each change; changes that one of them has
 * not seen are left out, as they are counted. The caller closes the recorder.
 * @param visibleMs of each instance, by change
 */
export function everywhere(visibleMs: readonly SeenChanges['visibleMs'][]): LatencyRecorder {
  const [first = new Float64Array()] = visibleMs;
  return recorderOf(first.map((_, change) => latest(visibleMs.map((seen) => seen[change] ?? Number.NaN))));
}

/** NaN when nobody had something to forget. */
function latest(times: readonly number[]): number {
  const told = times.filter((ms) => !Number.isNaN(ms));
  return told.length === 0 ? Number.NaN : Math.max(...told);
}

/** Of those that say something and came to an end. */
function recorderOf(times: Float64Array): LatencyRecorder {
  const recorder = new LatencyRecorder();
  for (const ms of times) if (Number.isFinite(ms)) recorder.record(ms);
  return recorder;
}
