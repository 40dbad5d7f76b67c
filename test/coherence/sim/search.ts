import { seededRandom } from '../../../src/base/random.ts';
import type { CoherenceLevel } from '../../../src/engine/options.ts';
import type { Violation } from '../judge.ts';
import { randomProgram } from './generate.ts';
import type { Program } from './program.ts';
import type { OpenCluster } from './subject.ts';
import { runProgram } from './world.ts';

export interface SearchOptions {
  readonly seed: number;
  /** Number of the first schedule. Default 0. */
  readonly from?: number;
  /** Number after the last one. */
  readonly to: number;
  /** Default: drawn for each schedule. */
  readonly level?: CoherenceLevel | undefined;
  /** No new schedules begin when this says so. */
  readonly isOver?: () => boolean;
  readonly onProgress?: (totals: SearchTotals) => void;
}

export interface SearchTotals {
  readonly schedules: number;
  readonly reads: number;
  readonly loads: number;
  readonly invalidations: number;
}

export interface SearchResult {
  readonly totals: SearchTotals;
  /** The first schedule that broke a rule. */
  readonly wrong: WrongSchedule | undefined;
}

export interface WrongSchedule {
  readonly index: number;
  readonly program: Program;
  readonly violations: readonly Violation[];
}

/**
 * Schedules that run side by side, each in its own time: they share the turns of the event loop. More share more, but
 * then all of them are alive at each garbage collection, which copies them: that costs more than the turns do.
 */
const AT_ONCE = 4;

/** Schedule number `index` of a seed. */
export function programOf(seed: number, index: number, level?: CoherenceLevel): Program {
  return randomProgram(seededRandom(seed).fork(String(index)), level === undefined ? {} : { level });
}

/** Runs random schedules until one breaks a rule. */
export async function search(open: OpenCluster, options: SearchOptions): Promise<SearchResult> {
  const totals = { schedules: 0, reads: 0, loads: 0, invalidations: 0 };
  for (let next = options.from ?? 0; next < options.to && options.isOver?.() !== true; next += AT_ONCE) {
    const indexes = Array.from({ length: Math.min(AT_ONCE, options.to - next) }, (_, i) => next + i);
    const outcomes = await Promise.all(
      indexes.map(async (index) => {
        const program = programOf(options.seed, index, options.level);
        return { index, program, ...(await runProgram(program, open)) };
      }),
    );
    for (const { history } of outcomes) {
      totals.schedules++;
      totals.reads += history.reads.length;
      totals.loads += history.loads.length;
      totals.invalidations += history.invalidations.length;
    }
    const wrong = outcomes.find(({ violations }) => violations.length > 0);
    if (wrong !== undefined) {
      const { index, program, violations } = wrong;
      return { totals, wrong: { index, program, violations } };
    }
    options.onProgress?.({ ...totals });
  }
  return { totals, wrong: undefined };
}

/** Leaves out steps as long as a rule is still broken. */
export async function shrink(program: Program, open: OpenCluster): Promise<Program> {
  let smallest = program;
  for (let at = 0; at < smallest.steps.length;) {
    const fewer = { ...smallest, steps: smallest.steps.toSpliced(at, 1) };
    const { violations } = await runProgram(fewer, open);
    if (violations.length > 0) smallest = fewer;
    else at++;
  }
  return smallest;
}
