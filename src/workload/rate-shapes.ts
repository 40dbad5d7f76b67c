import { choose } from './choice.ts';
import { requireRange } from './ranges.ts';
import { meanRate, type RateCurve } from './rate-curve.ts';
import { type BurstShape, burstRate } from './rates/burst.ts';
import { constantRate } from './rates/constant.ts';
import { type RampShape, rampRate } from './rates/ramp.ts';
import { type SineShape, sineRate } from './rates/sine.ts';
import { type RateStage, stagedRate } from './rates/steps.ts';

/** What each form of a rate is told besides the rate itself. */
interface Parameters {
  readonly constant: object;
  readonly burst: BurstShape;
  readonly sine: SineShape;
  readonly ramp: RampShape;
  /** The rates of the stages stand in place of the rate itself. */
  readonly stages: { readonly stages: readonly RateStage[] };
}

export type RateForm = keyof Parameters;

type ShapeOf<F extends RateForm> = { readonly form: F } & Parameters[F];

export type RateShape = { [F in RateForm]: ShapeOf<F> }[RateForm];

type Factories = { readonly [F in RateForm]: (rate: number, shape: ShapeOf<F>) => RateCurve };

/** Forms of a rate over time, by the name they have in scenarios. */
export const RATE_FORMS: Factories = {
  constant: (rate) => constantRate(rate),
  burst: burstRate,
  sine: sineRate,
  ramp: rampRate,
  stages: (_rate, { stages }) => stagedRate(stages),
};

/**
 * The rate over time that a shape and a rate per second describe.
 * @throws CachectlError `BAD_SCENARIO` when the form is unknown, naming the known ones, or something is out of range
 */
export function createRateCurve(rate: number, shape: RateShape): RateCurve {
  const factory = choose('form of a rate', shape.form, RATE_FORMS);
  // The name in the shape is what chose the factory, which the types cannot follow.
  return (factory as (rate: number, shape: RateShape) => RateCurve)(rate, shape);
}

/** A curve that begins `ms` later; before, its first rate is kept, which is that of a warm-up. */
export function delayed(curve: RateCurve, ms: number): RateCurve {
  requireRange('delay', ms, 0, Number.MAX_VALUE);
  if (ms === 0) return curve;
  const before = meanRate(curve, 0, 0) / 1000;
  return {
    timeOf: (count) => (count < before * ms ? count / before : ms + curve.timeOf(count - before * ms)),
    countUntil: (at) => (at < ms ? at * before : before * ms + curve.countUntil(at - ms)),
  };
}
