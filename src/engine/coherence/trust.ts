/**
 * Whether what this process has learnt from others still holds.
 *
 * Everything in this process that repeats what a shared server said (entries of the first tier, pages of the
 * ledger, flights that callers join) carries a stamp from before it was asked for. It may be used while the channel
 * over which changes are heard has been proven without a gap since then, or as long as it is younger than the bound.
 */
export interface Trust {
  /** Changes when messages may have been missed. */
  readonly generation: number;
  /** Until when, on the process' monotonic clock, the channel counts as proven; Infinity where there is none to prove. */
  readonly provenUntilMs: number;
  /** How old what was learnt may be although messages may have been missed since, in milliseconds; 0 when `strict`. */
  readonly boundMs: number;
}

/** When something was learnt. */
export interface TrustStamp {
  readonly generation: number;
  readonly atMs: number;
}

export function stampOf(trust: Trust, nowMs: number): TrustStamp {
  return { generation: trust.generation, atMs: nowMs };
}

export function trusts(trust: Trust, stamp: TrustStamp, nowMs: number): boolean {
  return (
    (stamp.generation === trust.generation && nowMs < trust.provenUntilMs) ||
    nowMs < stamp.atMs + trust.boundMs
  );
}
