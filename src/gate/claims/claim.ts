import type { Operator } from '../gate.ts';

/** Something that is said of a cache, and the condition by which a run reproduces or refutes it; as it was written. */
export interface ClaimSource {
  /** What is claimed, in words: `a customer lookup takes 5 ms`. */
  readonly what: string;
  /** The figure as the source has it: `150 → 5 ms`. */
  readonly claimed: string;
  /** Document and place: `ADR-006, Performance Impact`. */
  readonly source: string;
  /** `after:latency.p50 <= 5ms`, `reduction(origin.loads, before -> after) >= 70%`. */
  readonly expression: string;
  /** Where it was written, for messages: `customer.yaml:31`. */
  readonly origin: string;
}

/** A claim whose expression was understood. */
export interface Claim extends ClaimSource {
  readonly measure: Measure;
  readonly operator: Operator;
  /** In the unit of the measure. */
  readonly limit: number;
}

/** What is held against the limit: a metric of one variant, or how it changes from one variant to another. */
export type Measure = MetricOf | ChangeOf;

export interface MetricOf {
  readonly kind: 'metric';
  readonly metric: string;
  /** Undefined for the main one. */
  readonly variant: string | undefined;
}

/**
 * `reduction`: what is gone, as a share of what was there: 0.8 from 100 to 20; negative when it grew. `factor`: how many
 * times what was there: 0.2 from 100 to 20.
 */
export interface ChangeOf {
  readonly kind: ChangeKind;
  readonly metric: string;
  readonly from: string;
  readonly to: string;
}

export type ChangeKind = 'reduction' | 'factor';

/** What a run says of a claim. A run that has not measured it, or not well enough, says nothing. */
export type ClaimVerdict = 'reproduced' | 'refuted' | 'not shown';

export interface ClaimResult extends ClaimSource {
  readonly verdict: ClaimVerdict;
  readonly measure: Measure;
  /** As measured, in the unit of the measure; undefined when it was not. */
  readonly measured: number | undefined;
  /** The metric in the two variants, in its own unit, where the measure is a change and both were measured. */
  readonly values?: { readonly from: number; readonly to: number };
  readonly operator: Operator;
  readonly limit: number;
  /** Distance to the limit as a share of it, positive on the good side. Undefined without a measurement or with limit 0. */
  readonly margin: number | undefined;
  /** Why it is not shown. */
  readonly reason?: string;
}
