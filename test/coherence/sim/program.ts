import type { BusFaults } from '../../../src/backends/fault-bus.ts';
import type { LineFaults } from '../../../src/backends/fault-line.ts';
import type { CoherenceLevel } from '../../../src/engine/options.ts';
import type { Loss } from './subject.ts';

/** A short program for some instances of an application: plain data, so that it can be printed, replayed and shrunk. */
export interface Program {
  readonly level: CoherenceLevel;
  readonly instances: number;
  /** Seed of everything that is drawn while it runs. */
  readonly seed: number;
  readonly faults: FaultLevel;
  /** Whether the faults end, and everybody reads the newest then; else it is over when all calls have settled. */
  readonly converges: boolean;
  /** Shared tiers, each with its own faults. */
  readonly tiers: number;
  /** How long values live. */
  readonly lifetimeMs: number;
  /** How long they are served after that while loads fail. */
  readonly staleMs: number;
  /** Whether each read starts their lifetime again. Default: no. */
  readonly slides?: boolean;
  /** Delay and jitter of every way between instances, store and bus. */
  readonly network: { readonly delayMs: number; readonly jitterMs: number };
  readonly steps: readonly Step[];
}

/** `none`: nothing fails, and loads are counted; `origin`: loads may, and are throttled; `all`: everything may. */
export type FaultLevel = 'none' | 'origin' | 'all';

export interface Step {
  /** When it begins, in milliseconds from the start. */
  readonly atMs: number;
  readonly instance: number;
  readonly act: Act;
}

/** Who changes the data waits this long before and after it. */
export interface Pace {
  readonly beforeMs: number;
  readonly afterMs: number;
}

export type Act =
  | ({ readonly kind: 'read'; readonly key: string; readonly fails: boolean } & Pace)
  | { readonly kind: 'get'; readonly key: string }
  /** A new version of each key, then its invalidation. */
  | { readonly kind: 'update'; readonly keys: readonly string[]; readonly by: By }
  | ({ readonly kind: 'write'; readonly key: string; readonly fails: SaveFailure } & Pace)
  | { readonly kind: 'lose'; readonly loss: Loss }
  | {
      readonly kind: 'line';
      readonly tier: number;
      readonly faults: Partial<LineFaults>;
      readonly forMs: number;
    }
  | { readonly kind: 'bus'; readonly faults: Partial<BusFaults>; readonly forMs: number };

/** Whether saving fails, and then whether the data was changed. */
export type SaveFailure = 'never' | 'before' | 'after';

export type By = 'key' | 'tag' | 'pattern' | 'all';

export const BOUND_MS = 100;
/** Nothing new begins after this; then all faults end. */
export const PROGRAM_MS = 250;

export const programKeys: readonly string[] = ['a:1', 'a:2', 'b:1'];

/** Tags of a key: one it shares, and the first of a group has its own: who knows all tags of that knows those of the others. */
export function tagsOf(key: string): readonly string[] {
  return key.endsWith(':1') ? [groupTag(key), `own-${key.replace(':', '-')}`] : [groupTag(key)];
}

export function groupTag(key: string): string {
  return `group-${key.slice(0, 1)}`;
}

export function groupPattern(key: string): string {
  return `${key.slice(0, 2)}*`;
}
