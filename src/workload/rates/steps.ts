import { CachectlError } from '../../base/errors.ts';
import { requirePositive, requireRange } from '../ranges.ts';
import type { RateCurve } from '../rate-curve.ts';

export interface RateStage {
  /** Over 0. */
  readonly durationMs: number;
  /** Operations per second, 0 or more. */
  readonly rate: number;
}

/** One constant rate after the other; the last one goes on for ever. */
export function stagedRate(stages: readonly RateStage[]): RateCurve {
  const last = stages.at(-1);
  if (last === undefined)
    throw new CachectlError('BAD_SCENARIO', 'there are no stages, expected one at least');
  const beginMs = [0];
  const beginCount = [0];
  for (const [index, { durationMs, rate }] of stages.entries()) {
    requirePositive('duration of a stage', durationMs);
    requireRange('rate', rate, 0, Number.MAX_VALUE);
    beginMs.push(beginMs[index]! + durationMs);
    beginCount.push(beginCount[index]! + (durationMs * rate) / 1000);
  }
  return {
    timeOf: (count) => {
      let stage = 0;
      while (stage < stages.length - 1 && count >= beginCount[stage + 1]!) stage++;
      const beyond = count - beginCount[stage]!;
      const { rate } = stages[stage]!;
      return rate === 0 ? Infinity : beginMs[stage]! + (beyond * 1000) / rate;
    },
    countUntil: (ms) => {
      let stage = 0;
      while (stage < stages.length - 1 && ms > beginMs[stage + 1]!) stage++;
      return beginCount[stage]! + ((ms - beginMs[stage]!) * stages[stage]!.rate) / 1000;
    },
  };
}
