import type { Violation } from './judge.ts';
import type { SearchTotals } from './sim/search.ts';

/** A line that a process of the search prints. */
export interface SearchReport {
  readonly totals?: SearchTotals;
  readonly wrong?: {
    readonly index: number;
    readonly violations: readonly Violation[];
    /** Processor time until then. */
    readonly afterMs: number;
  };
  readonly smallest?: unknown;
}

/** What is no report is a message of Node's, and says nothing. */
export function parseReport(line: string): SearchReport {
  if (!line.startsWith('{')) return {};
  return JSON.parse(line) as SearchReport;
}

export function sumOf(reports: readonly SearchReport[]): SearchTotals {
  const sum = { schedules: 0, reads: 0, loads: 0, invalidations: 0 };
  for (const { totals } of reports) {
    if (totals === undefined) continue;
    for (const name of ['schedules', 'reads', 'loads', 'invalidations'] as const) sum[name] += totals[name];
  }
  return sum;
}
