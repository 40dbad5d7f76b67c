import type { Clock } from '../base/clock.ts';
import { delay } from '../base/deadline.ts';
import { isCachectlError, messageOf } from '../base/errors.ts';
import { describeWork } from '../config/kinds/registry.ts';
import type { Scenario, Variant } from '../config/scenario.ts';
import { RUN_RESULT_SCHEMA } from '../results/schema.ts';
import type { Attribution, Outcome, RunResult, VariantResult, Warning } from '../results/run-result.ts';
import type { Environment } from '../testbed/binaries.ts';
import type { Target } from '../testbed/target.ts';
import { Testbed } from '../testbed/testbed.ts';
import { attribute, layersOf, roundsOf } from './attribution.ts';
import { describeHost, type Host } from './host.ts';
import type { DriverName } from './drivers/driver.ts';
import type { VariantOutcome } from './kinds/kind.ts';
import { KINDS } from './kinds/registry.ts';
import { prepareScenario } from './prepare.ts';
import { describeReplay } from './replay/describe.ts';
import { recordFile } from './replay/recorder.ts';
import { type OnProgress, type PlannedVariant, variantsFor, type VariantRun } from './plan.ts';
import { offeredRate } from './schedule.ts';
import { GRACE_MS, partyOf, waitForStart } from './shard.ts';
import type { Shard } from './share.ts';

export interface RunOptions {
  readonly scenario: Scenario;
  readonly target: Target;
  /** What carries out the operations; an attribution has a driver for each layer instead. */
  readonly driver: DriverName;
  /** File to record the operations in; each variant and instance has one of its own where there are several. */
  readonly record?: string | undefined;
  /** The part of the run that is this machine's. Default: all of it. */
  readonly shard?: Shard | undefined;
  /** Take the layers apart, in so many rounds, instead of running the variants. */
  readonly attributionRounds?: number | undefined;
  readonly host: Host;
  readonly env: Environment;
  readonly clock: Clock;
  /** Ends the run early; what was measured until then is kept. */
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
  /** Called after each variant with the result so far, so that a late failure loses nothing. */
  readonly onStep: (result: RunResult) => Promise<void>;
}

/**
 * Runs a scenario: servers, then each variant in turn, then everything away again.
 * @throws CachectlError when the servers cannot be started or reached; never because they are lost in mid-run
 */
export async function runScenario(options: RunOptions): Promise<RunResult> {
  const { shard, clock, onProgress } = options;
  const startedAt = new Date(clock.wallMs()).toISOString();
  const { variants, attributed } = planOf(options);
  const given = options.scenario;
  if (given.trace !== undefined) onProgress({ phase: 'setup', message: `reading ${given.trace.file}` });
  const { scenario, warnings: found } = await prepareScenario({ ...given, variants }, options);
  onProgress({ phase: 'setup', message: 'starting servers and filling the origin' });
  const testbed = await Testbed.open({
    ...options,
    scenario,
    ...(shard !== undefined && { party: partyOf(scenario, shard) }),
    memcachedBy: variants.some(({ driver }) => driver === 'memjs') ? 'tcp' : 'socket',
  });
  const done: VariantResult[] = [];
  const warnings: Warning[] = [...found];
  let outcome: Outcome = 'complete';
  const result = (): RunResult => ({
    schema: RUN_RESULT_SCHEMA,
    cachectl: options.host.cachectlVersion,
    startedAt,
    scenario: recordOf(scenario, variants),
    environment: { ...describeHost(options.host), servers: testbed.servers },
    variants: done,
    warnings,
    outcome,
    ...(shard !== undefined && { shard: { index: shard.index, count: shard.count } }),
    ...(attributed !== undefined && { attribution: attributed(done) }),
  });
  try {
    for (const [index, variant] of variants.entries()) {
      if (outcome !== 'complete') break;
      const run: VariantRun = {
        ...options,
        scenario,
        variant,
        index,
        count: variants.length,
        bed: testbed,
        ...(shard !== undefined && { share: shard }),
        ...(options.record !== undefined && {
          record: variants.length === 1 ? options.record : recordFile(options.record, [variant.id]),
        }),
      };
      if (shard !== undefined) await waitForStart(scenario, index, shard, clock, options.signal);
      if (options.signal.aborted) {
        outcome = 'interrupted';
        break;
      }
      const step = await runVariant(run);
      if (shard !== undefined) await delay(clock, GRACE_MS);
      if (step.result !== undefined) done.push(step.result);
      warnings.push(...step.warnings, ...(await cleanUp(testbed, variant)));
      outcome = step.outcome;
      await options.onStep(result());
    }
    return result();
  } finally {
    onProgress({ phase: 'cleanup', message: 'stopping servers' });
    await testbed.close();
  }
}

interface RunPlan {
  readonly variants: readonly PlannedVariant[];
  readonly attributed?: (done: readonly VariantResult[]) => Attribution;
}

function planOf({ scenario, driver, attributionRounds: rounds }: RunOptions): RunPlan {
  if (rounds === undefined) return { variants: variantsFor(driver, scenario) };
  const layers = layersOf(scenario);
  return {
    variants: roundsOf(layers, rounds),
    attributed: (done) => attribute(layers, rounds, done),
  };
}

/** A variant whose servers cannot even be reached any more, after others were measured, does not lose those. */
async function runVariant(run: VariantRun): Promise<VariantOutcome> {
  try {
    return await KINDS[run.scenario.kind](run);
  } catch (error) {
    if (run.index === 0 || !isCachectlError(error, 'SERVER_UNREACHABLE', 'DEADLINE_EXCEEDED')) throw error;
    const message = `${run.variant.title} was not measured: ${messageOf(error)}`;
    const warning: Warning = { code: 'server_lost', variant: run.variant.id, message };
    return { result: undefined, warnings: [warning], outcome: 'server_lost' };
  }
}

/** Takes away what the variant has left on the servers. */
async function cleanUp(testbed: Testbed, variant: Variant): Promise<readonly Warning[]> {
  const tiers = await testbed.clean(variant);
  if (tiers.length === 0) return [];
  const message = `keys beginning with '${testbed.names.prefix}:' could not be deleted from ${tiers.join(' and ')}; they end by their time to live`;
  return [{ code: 'leftovers', variant: variant.id, message }];
}

function recordOf(scenario: Scenario, variants: readonly Variant[]): RunResult['scenario'] {
  const { name, title, kind, file, seed, load } = scenario;
  const work = describeWork(scenario) ?? describeReplay(scenario);
  return {
    ...(work !== undefined && { work }),
    name,
    title,
    kind,
    file,
    seed,
    load:
      load.model === 'closed'
        ? {
            model: 'closed',
            connections: load.connections,
            pipeline: load.pipeline,
            ...(load.thinkMs > 0 && { thinkMs: load.thinkMs }),
          }
        : { model: 'open', rate: offeredRate(scenario) ?? load.rate, connections: load.connections },
    variants: variants.map(({ id }) => id),
    resolved: withoutLongLists({ ...scenario, variants }),
    ...(scenario.preset !== undefined && { preset: scenario.preset }),
  };
}

/** Tables of measured workloads have thousands of numbers, which are in the file or the preset that is named. */
const LONG = 100;

function withoutLongLists(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.length > LONG ? `${value.length} entries` : value.map(withoutLongLists);
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutLongLists(inner)]));
}
