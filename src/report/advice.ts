import type { Verdict } from '../gate/verdict.ts';
import type { RunResult, VariantResult, Warning } from '../results/run-result.ts';
import { figureOf } from './metric-text.ts';
import { mainVariant } from './summary.ts';
import { counted, unbroken } from './text.ts';

/** Share of the highest throughput at which a server is loaded, and its queues still short. */
const STEADY_LOAD = 0.7;
/** Room that a gate leaves over what was measured, so that noise alone does not fail it. */
const GATE_ROOM = 1.5;

const SERVER_FLAGS: Readonly<Record<string, string>> = {
  redis: '--redis URL',
  memcached: '--memcached HOST:PORT',
  database: '--database URL',
};

const code = (text: string): string => unbroken(`\`${text}\``);

/** What to try next: what makes the figures doubtful first, then what was not tried yet. */
export function advise(result: RunResult, verdict: Verdict): readonly string[] {
  if (result.outcome === 'interrupted') return ['Let the next run end before you judge by its figures.'];
  if (result.outcome === 'server_lost') {
    return ['Find out why the server ended, then run it again: these figures are of the time before.'];
  }
  const main = mainVariant(result);
  if (main === undefined) return [];
  const doubts = [...errors(result), ...saturation(result, main), ...samples(result, main)];
  // A rate or a gate taken from doubtful figures would be a bad one.
  const ideas = [...steadyRate(result, main), ...ownServers(result), ...firstGate(main, verdict)];
  return doubts.length > 0 ? doubts : ideas;
}

const warned = (result: RunResult, ...codes: readonly Warning['code'][]): boolean =>
  result.warnings.some((warning) => codes.includes(warning.code));

function errors(result: RunResult): readonly string[] {
  const failed = result.variants.reduce((sum, variant) => sum + (figureOf(variant, 'errors') ?? 0), 0);
  if (failed === 0) return [];
  return [`First find out why ${unbroken(counted(failed, 'operation'))} failed.`];
}

function saturation(result: RunResult, main: VariantResult): readonly string[] {
  if (!warned(result, 'generator_saturated', 'rate_not_reached')) return [];
  const { load } = result.scenario;
  if (load.model === 'open') {
    const rate = roundDown((figureOf(main, 'throughput') ?? load.rate) * STEADY_LOAD);
    return rate < 1 || rate >= load.rate
      ? []
      : [`Try a rate that can be kept, as ${code(`--rate ${rate}`)}.`];
  }
  const fewer = Math.floor(load.connections / 2);
  return fewer < 1
    ? []
    : [`Try a load that leaves the generator room, as ${code(`--connections ${fewer}`)}.`];
}

function samples(result: RunResult, main: VariantResult): readonly string[] {
  if (!warned(result, 'few_samples') || main.measuredMs <= 0) return [];
  const seconds = Math.ceil((3 * main.measuredMs) / 1000);
  return [`Measure for longer, as with ${code(`--duration ${seconds}s`)}.`];
}

function steadyRate({ scenario }: RunResult, main: VariantResult): readonly string[] {
  const rate = roundDown((figureOf(main, 'throughput') ?? 0) * STEADY_LOAD);
  if (scenario.load.model === 'open' || !(rate >= 1)) return [];
  return [`Try ${code(`--rate ${rate}`)} to see the latency at a steady rate, waiting included.`];
}

function ownServers({ environment, variants }: RunResult): readonly string[] {
  const used = new Set(variants.flatMap((variant) => variant.tiers));
  const flags = Object.entries(SERVER_FLAGS).flatMap(([role, flag]) =>
    used.has(role) && environment.servers.some((server) => server.role === role && server.private)
      ? [code(flag)]
      : [],
  );
  return flags.length === 0 ? [] : [`Measure your own servers with ${list(flags)}.`];
}

function firstGate(main: VariantResult, verdict: Verdict): readonly string[] {
  const p99 = figureOf(main, 'latency.p99');
  if (verdict.gates.length > 0 || p99 === undefined || p99 <= 0) return [];
  return [`Hold this in CI with ${code(`--gate 'latency.p99 < ${gateLimit(p99 * GATE_ROOM)}'`)}.`];
}

/** Two digits and a unit, rounded up: `36ms`. */
function gateLimit(ms: number): string {
  const [value, unit] = ms < 1 ? [ms * 1000, 'us'] : ms < 1000 ? [ms, 'ms'] : [ms / 1000, 's'];
  const step = 10 ** (Math.floor(Math.log10(value)) - 1);
  return `${Number((Math.ceil(value / step) * step).toPrecision(2))}${unit}`;
}

/** Two digits, rounded down: 8612 becomes 8600. */
function roundDown(value: number): number {
  if (!(value >= 1)) return 0;
  const step = Math.max(1, 10 ** (Math.floor(Math.log10(value)) - 1));
  return Math.floor(value / step) * step;
}

const list = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`;
