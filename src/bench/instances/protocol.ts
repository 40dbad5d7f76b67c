import type { ErrorCode } from '../../base/errors.ts';
import type { Scenario } from '../../config/scenario.ts';
import type { RunNames } from '../../testbed/names.ts';
import type { Target } from '../../testbed/target.ts';
import type { PlannedVariant, Progress } from '../plan.ts';
import type { Share } from '../share.ts';

/** What an application instance is told to be: plain data. */
export interface InstanceSpec {
  /** Whole; the instance takes its share. */
  readonly scenario: Scenario;
  readonly variant: PlannedVariant;
  /** Complete: private servers are in it by their addresses. */
  readonly target: Target;
  readonly names: RunNames;
  readonly share: Share;
  readonly cachectlVersion: string;
}

/** What the parent says. */
export type Order =
  | { readonly do: 'open'; readonly spec: InstanceSpec }
  | { readonly do: 'task'; readonly id: number; readonly name: string; readonly params: unknown }
  /** Ends what goes on early; results are still told. */
  | { readonly do: 'stop' }
  | { readonly do: 'close' };

/** What the instance answers. */
export type Told =
  | { readonly tell: 'opened' }
  | { readonly tell: 'progress'; readonly progress: Progress }
  | { readonly tell: 'done'; readonly id: number; readonly result: unknown }
  | { readonly tell: 'failed'; readonly id: number | undefined; readonly error: ToldError };

/** An error on its way from an instance to its parent. */
export interface ToldError {
  /** Absent when it is a defect. */
  readonly code: ErrorCode | undefined;
  readonly message: string;
  readonly hint: string | undefined;
  readonly stack: string | undefined;
}
