/** What the gates say of a run. */
export interface Verdict {
  readonly passed: boolean;
  readonly gates: readonly GateResult[];
}

export interface GateResult {
  /** As written. */
  readonly expression: string;
  /** Where it was written. */
  readonly origin: string;
  readonly variant: string;
  readonly metric: string;
  /** As measured, in the metric's unit; undefined when nothing was measured, and then the gate has failed. */
  readonly actual: number | undefined;
  readonly limit: number;
  readonly passed: boolean;
  /** Distance to the limit as a share of it, positive on the good side. Undefined without a measurement or with limit 0. */
  readonly margin: number | undefined;
  /** Why it failed, when not by its figure: no samples, run not complete. */
  readonly reason?: string;
}
