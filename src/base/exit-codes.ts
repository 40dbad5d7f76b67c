/**
 * What the process's exit code says. Each code means one thing, everywhere, and is part of the
 * public contract: scripts and CI jobs branch on it.
 */
export const ExitCode = {
  /** Done. */
  ok: 0,
  /** Unexpected error: a defect of cachectl itself. */
  unexpected: 1,
  /** Bad usage, configuration or scenario. */
  usage: 2,
  /** A check failed: gate, regression, alert, tiers that disagree. */
  checkFailed: 3,
  /** A server could not be reached, started or authenticated. */
  unreachable: 4,
  /** Done in part: some items failed. */
  partial: 5,
  /** Result not trustworthy: generator saturated, or comparison inconclusive. */
  untrustworthy: 6,
  /** Refused: confirmation needed. */
  refused: 7,
  /** Interrupted by SIGINT. */
  interrupted: 130,
  /** Terminated by SIGTERM. */
  terminated: 143,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
