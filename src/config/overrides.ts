import { CachectlError, type Problem } from '../base/errors.ts';
import type { GateSpec, LoadSpec, OpenLoad, Scenario } from './scenario.ts';
import { writeDuration } from './written-quantity.ts';

/** What flags change in a scenario. What is undefined stays as the file says. */
export interface ScenarioOverrides {
  readonly durationMs?: number | undefined;
  readonly warmupMs?: number | undefined;
  /** Operations per second. Turns a closed load into an open one with Poisson arrivals; the pace of a trace is the rate. */
  readonly rate?: number | undefined;
  readonly connections?: number | undefined;
  readonly instances?: number | undefined;
  /** Operations in flight on each connection of a closed load; an open load has none. */
  readonly pipeline?: number | undefined;
  readonly seed?: number | undefined;
  /** Added to the gates of the file. */
  readonly gates?: readonly GateSpec[] | undefined;
}

interface Bound {
  readonly name: keyof Omit<ScenarioOverrides, 'gates'>;
  readonly flag: string;
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
  readonly show: (value: number) => string;
}

/** The same ranges as in the file. */
const BOUNDS: readonly Bound[] = [
  { name: 'durationMs', flag: '--duration', min: 1, max: 7 * 86_400_000, whole: false, show: writeDuration },
  { name: 'warmupMs', flag: '--warmup', min: 0, max: 3_600_000, whole: false, show: writeDuration },
  { name: 'rate', flag: '--rate', min: 0.01, max: 10_000_000, whole: false, show: (rate) => `${rate}/s` },
  { name: 'connections', flag: '--connections', min: 1, max: 10_000, whole: true, show: String },
  { name: 'instances', flag: '--instances', min: 1, max: 1000, whole: true, show: String },
  { name: 'pipeline', flag: '--pipeline', min: 1, max: 1000, whole: true, show: String },
  { name: 'seed', flag: '--seed', min: 0, max: 4_294_967_295, whole: true, show: String },
];

/** An open load where only the rate is known. */
const OPEN_LOAD_DEFAULTS: Omit<OpenLoad, 'rate' | 'connections'> = {
  model: 'open',
  shape: { form: 'constant' },
  arrival: 'poisson',
  maxInFlight: 10_000,
};

/**
 * The scenario with the overrides in it.
 *
 * @throws CachectlError `BAD_USAGE` with every flag whose number is out of range
 */
export function withOverrides(scenario: Scenario, overrides: ScenarioOverrides): Scenario {
  const problems = [
    ...BOUNDS.flatMap((bound) => checkBound(overrides[bound.name], bound)),
    ...checkPipeline(scenario.load, overrides),
  ];
  if (problems.length > 0) {
    throw new CachectlError('BAD_USAGE', problems.map(({ message }) => message).join('; '), { problems });
  }
  const { rate } = overrides;
  const { trace } = scenario;
  return {
    ...scenario,
    ...(trace !== undefined &&
      rate !== undefined && { trace: { ...trace, timing: { pace: 'rate', perSecond: rate } } }),
    instances: overrides.instances ?? scenario.instances,
    seed: overrides.seed ?? scenario.seed,
    warmupMs: overrides.warmupMs ?? scenario.warmupMs,
    durationMs: overrides.durationMs ?? scenario.durationMs,
    load: overriddenLoad(scenario.load, overrides),
    gates: [...scenario.gates, ...(overrides.gates ?? [])],
  };
}

/** A number that is given takes the place of stages; other shapes of a rate stay, and are told the new one. */
function overriddenLoad(load: LoadSpec, { rate, connections, pipeline }: ScenarioOverrides): LoadSpec {
  if (load.model === 'closed') {
    if (rate !== undefined) {
      return { ...OPEN_LOAD_DEFAULTS, connections: connections ?? load.connections, rate };
    }
    const inFlight = pipeline ?? load.pipeline;
    return connections === undefined
      ? { ...load, pipeline: inFlight }
      : { model: 'closed', connections, pipeline: inFlight, thinkMs: load.thinkMs };
  }
  const shape = rate !== undefined && load.shape.form === 'stages' ? OPEN_LOAD_DEFAULTS.shape : load.shape;
  return { ...load, connections: connections ?? load.connections, rate: rate ?? load.rate, shape };
}

function checkPipeline(load: LoadSpec, { rate, pipeline }: ScenarioOverrides): readonly Problem[] {
  if (pipeline === undefined || (load.model === 'closed' && rate === undefined)) return [];
  return [{ message: '--pipeline: only a closed loop has a pipeline; an open loop sends when it is due' }];
}

function checkBound(value: number | undefined, bound: Bound): readonly Problem[] {
  if (value === undefined) return [];
  const { flag, min, max, whole, show } = bound;
  if (value >= min && value <= max && (!whole || Number.isInteger(value))) return [];
  const kind = whole ? 'a whole number' : 'a value';
  return [{ message: `${flag}: expected ${kind} from ${show(min)} to ${show(max)}; found ${show(value)}` }];
}
