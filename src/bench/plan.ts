import type { Clock } from '../base/clock.ts';
import { CachectlError } from '../base/errors.ts';
import { DEFAULT_ENGINE } from '../config/engine-schema.ts';
import type { Scenario, Variant } from '../config/scenario.ts';
import type { Environment } from '../testbed/binaries.ts';
import type { Bed } from '../testbed/bed.ts';
import { type DriverName, serverTier } from './drivers/driver.ts';
import { DRIVERS } from './drivers/registry.ts';
import type { Host } from './host.ts';
import type { Share } from './share.ts';

/** A variant, and what carries out its operations. */
export interface PlannedVariant extends Variant {
  readonly driver: DriverName;
  /** Which round of an attribution it belongs to, from 1. */
  readonly round?: number;
}

/**
 * The variants to measure: with the engine the scenario's own; with a bare client one for each server among their tiers
 * that it speaks to.
 * @throws CachectlError `BAD_USAGE` when there is none, or when the driver lacks an operation of the scenario
 */
export function variantsFor(driver: DriverName, scenario: Scenario): readonly PlannedVariant[] {
  checkOperations(driver, scenario);
  const { speaks, title } = DRIVERS[driver];
  if (speaks === undefined) return scenario.variants.map((variant) => ({ ...variant, driver }));
  const servers = speaks.filter((tier) => scenario.variants.some(({ tiers }) => tiers.includes(tier)));
  if (servers.length === 0) {
    throw new CachectlError(
      'BAD_USAGE',
      `the driver '${driver}' speaks to ${speaks.join(' and ')}, and no variant of '${scenario.name}' has such a tier`,
      { hint: driversFor(scenario) },
    );
  }
  if (servers.length === 1) return [{ id: driver, title, tiers: servers, engine: DEFAULT_ENGINE, driver }];
  return servers.map((tier) => ({
    id: `${driver}-${tier}`,
    title: `${title} ${tier}`,
    tiers: [tier],
    engine: DEFAULT_ENGINE,
    driver,
  }));
}

/** @throws CachectlError `BAD_USAGE` when the scenario has an operation that the driver lacks, or a source it cannot take */
export function checkOperations(driver: DriverName, scenario: Scenario): void {
  const lacking = lackOf(driver, scenario);
  if (lacking === undefined) return;
  throw new CachectlError('BAD_USAGE', `the driver '${driver}' cannot do ${lacking}`, {
    hint: driversFor(scenario),
  });
}

/** What of the scenario the driver cannot do, and why; undefined when it can do all. */
function lackOf(driver: DriverName, { name, kind, operations, trace }: Scenario): string | undefined {
  if (kind === 'eviction' && driver !== 'engine') {
    return `'${name}': the sizes of kind eviction are those of the engine's variants`;
  }
  if (trace !== undefined) {
    return driver === 'raw'
      ? `the trace of '${name}': all that it writes lives equally long, and it waits for no file`
      : undefined;
  }
  const lacking = DRIVERS[driver].lacks.find(({ operation }) => operations[operation] > 0);
  return lacking && `'${lacking.operation}' of '${name}': ${lacking.why}`;
}

/** Which drivers can do the whole scenario. */
function driversFor(scenario: Scenario): string {
  const names = (Object.keys(DRIVERS) as readonly DriverName[]).filter((driver) => {
    const { speaks } = DRIVERS[driver];
    const reaches = ({ tiers }: Variant): boolean =>
      speaks === undefined || serverTier(tiers, speaks) !== undefined;
    return lackOf(driver, scenario) === undefined && scenario.variants.some(reaches);
  });
  return names.length === 0
    ? 'no driver can do all of its operations on these tiers: change the operations or the variants'
    : `drivers that can: ${names.join(', ')}`;
}

export interface VariantRun {
  readonly scenario: Scenario;
  readonly variant: PlannedVariant;
  /** Which of the variants this is, from 0. */
  readonly index: number;
  readonly count: number;
  readonly bed: Bed;
  /** The part of the load that is this process' or this machine's. Default: all of it. */
  readonly share?: Share;
  /** The part of the workload's sequence that it draws from, where that is another. */
  readonly drawShare?: Share;
  /** Where the kind says more of the operations that are drawn. */
  readonly course?: Course | undefined;
  /** File that the operations are recorded in; that of this process when there are several. */
  readonly record?: string | undefined;
  readonly host: Host;
  /** Where server programs are looked for; only where servers may be started. */
  readonly env?: Environment;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

/** A course of drawn operations that is the same on a fast machine and on a slow one. */
export interface Course {
  /** So many are drawn, and that is the end. */
  readonly requests: number;
  /** The key that the drawn one stands for, in the request of this number, from 0. */
  readonly keyOf: (keyIndex: number, request: number) => number;
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
