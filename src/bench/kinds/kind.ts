import type { Outcome, VariantResult, Warning } from '../../results/run-result.ts';
import type { VariantRun } from '../plan.ts';

/** What came of one variant. */
export interface VariantOutcome {
  /** Absent when it could not be measured at all. */
  readonly result: VariantResult | undefined;
  readonly warnings: readonly Warning[];
  readonly outcome: Outcome;
}

/** Measures one variant of a scenario of some kind. It closes what it opens; what it has written is deleted by others. */
export type Kind = (run: VariantRun) => Promise<VariantOutcome>;
