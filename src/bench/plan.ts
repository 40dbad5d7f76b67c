import type { Clock } from '../base/clock.ts';
import { CachectlError } from '../base/errors.ts';
import { didYouMean } from '../base/nearest.ts';
import { DEFAULT_ENGINE } from '../config/engine-schema.ts';
import type { Scenario, Variant } from '../config/scenario.ts';
import type { Bed } from '../testbed/bed.ts';
import type { Host } from './host.ts';
import type { Share } from './share.ts';

/** What carries out the operations: the engine, or a bare client for comparison. */
export type DriverName = 'engine' | 'ioredis';

export const DRIVERS: readonly DriverName[] = ['engine', 'ioredis'];

/** @throws CachectlError `BAD_USAGE` that lists the known drivers */
export function findDriver(name: string): DriverName {
  const found = DRIVERS.find((known) => known === name);
  if (found !== undefined) return found;
  throw new CachectlError('BAD_USAGE', `unknown driver '${name}'${didYouMean(name, DRIVERS)}`, {
    hint: `known drivers: ${DRIVERS.join(', ')}`,
  });
}

/** The variants to measure: the scenario's own, or the one that a bare client has. */
export function variantsFor(driver: DriverName, scenario: Scenario): readonly Variant[] {
  if (driver === 'engine') return scenario.variants;
  return [{ id: 'ioredis', title: 'bare ioredis', tiers: ['redis'], engine: DEFAULT_ENGINE }];
}

export interface VariantRun {
  readonly scenario: Scenario;
  readonly driver: DriverName;
  readonly variant: Variant;
  /** Which of the variants this is, from 0. */
  readonly index: number;
  readonly count: number;
  readonly bed: Bed;
  /** The part of the load that is this process' or this machine's. Default: all of it. */
  readonly share?: Share;
  readonly host: Host;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

export type OnProgress = (progress: Progress) => void;

export type Progress =
  | { readonly phase: 'setup' | 'cleanup'; readonly message: string }
  | {
      readonly phase: 'warmup' | 'measure';
      readonly variant: string;
      readonly index: number;
      readonly count: number;
      readonly elapsedMs: number;
      readonly totalMs: number;
      /** Operations per second in the measured part so far. */
      readonly throughput: number;
      readonly errors: number;
      /** Of the reads of the measured part so far; undefined before the first. */
      readonly hitRatio: number | undefined;
      /** In milliseconds; undefined as long as nothing was measured. */
      readonly p99Ms: number | undefined;
    };
