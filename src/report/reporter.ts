import type { ClaimResult } from '../gate/claims/claim.ts';
import type { Verdict } from '../gate/verdict.ts';
import type { RunResult } from '../results/run-result.ts';

export interface ReportInput {
  readonly result: RunResult;
  readonly verdict: Verdict;
  /** What the run says of the claims of its scenario. Default: there are none. */
  readonly claims?: readonly ClaimResult[];
}

export interface ReportOptions {
  /** Columns of the terminal. No line is longer; under 40 it counts as 40. */
  readonly width: number;
  /** Colour by ANSI sequences. Without, the report has no control characters but line ends. */
  readonly color: boolean;
  /** False for terminals that can show only ASCII. Default true. */
  readonly unicode?: boolean;
}

/** Makes a text of a run. Pure: the same input gives the same text. */
export type Reporter = (input: ReportInput, options: ReportOptions) => string;
