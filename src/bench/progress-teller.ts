import { machineMs } from '../base/clock.ts';
import type { Application } from './instances/application.ts';
import type { Recording } from './recording.ts';

/** How often an instance tells of its progress, in milliseconds. */
const INTERVAL_MS = 1000;

export interface Span {
  /** When the warm-up begins, in milliseconds of the machine's clock. */
  readonly startAtMs: number;
  /** When the measured part begins. */
  readonly fromMs: number;
  readonly endMs: number;
}

/** Tells the parent how far an instance has come, until it is stopped. */
export function tellProgress(
  { clock, spec, onProgress }: Application,
  recording: Recording,
  { startAtMs, fromMs, endMs }: Span,
): { stop(): void } {
  const tell = (): void => {
    const measuredMs = machineMs() - fromMs;
    onProgress({
      phase: measuredMs < 0 ? 'warmup' : 'measure',
      variant: spec.variant.title,
      index: 0,
      count: 1,
      elapsedMs: Math.min(endMs, machineMs()) - startAtMs,
      totalMs: endMs - startAtMs,
      throughput: measuredMs > 0 ? (recording.operations * 1000) / measuredMs : 0,
      errors: recording.errors,
      hitRatio: recording.hitRatio,
      p99Ms: recording.p99Ms,
    });
    cancel = clock.setTimer(tell, INTERVAL_MS);
  };
  let cancel = clock.setTimer(tell, INTERVAL_MS);
  return { stop: () => cancel() };
}
