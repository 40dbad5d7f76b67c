import { formatCount, formatDuration, formatRatio } from '../base/units.ts';
import type { Scenario } from '../config/scenario.ts';
import type { Outcome, VariantResult, Warning } from '../results/run-result.ts';
import type { VariantRun } from './plan.ts';

export interface Observed {
  readonly scenario: Scenario;
  readonly result: VariantResult;
  /** Server that was lost. */
  readonly lost: string | undefined;
  readonly outcome: Outcome;
}

/** An open loop that is itself this late, at its 99th percentile, measures the generator. */
const MAX_SLIP_MS = 10;
/** An event loop that is kept from turning for so long, at the 99th percentile, is blocked by something. */
const MAX_LAG_MS = 50;
/** Share of the time that a generator may wait for the CPU. */
const MAX_STARVED = 0.2;
/** A measured part that is shorter says nothing of the generator: starting up takes as long. */
const MIN_JUDGED_MS = 2000;
/** Share of the offered rate that must be reached. */
const MIN_RATE_SHARE = 0.98;
/** Random arrivals are fewer than expected by so many standard deviations once in a thousand runs. */
const CHANCE = 3;
/** Operations beyond a percentile below which it is chance. */
const MIN_BEYOND = 10;

type Check = (observed: Observed) => string | undefined;

const metric = ({ result }: Observed, name: string): number => result.metrics[name] ?? 0;

/** What is found elsewhere: of servers, instances and files. */
type Elsewhere =
  | 'leftovers'
  | 'instance_lost'
  | 'not_recovered'
  | 'trace_altered'
  | 'recording_stopped'
  | 'course_not_ended';

/** What the result alone tells. */
const CHECKS: Readonly<Record<Exclude<Warning['code'], Elsewhere>, Check>> = {
  generator_saturated: (observed) => wasLate(observed) ?? wasBlocked(observed),
  generator_starved: (observed) => {
    const starved = metric(observed, 'generator.starved');
    if (starved < MAX_STARVED || observed.result.measuredMs < MIN_JUDGED_MS) return undefined;
    return `for ${formatRatio(starved)} of the time the generator had work and did not get the CPU: give it cores of its own, or lift its CPU limit`;
  },
  hit_ratio_missed: ({ scenario: { expect }, result }) => {
    const actual = result.metrics['hit_ratio'];
    if (expect === undefined || actual === undefined) return undefined;
    if (Math.abs(actual - expect.hitRatio) <= expect.within) return undefined;
    return `the hit ratio is ${formatRatio(actual)}, and the scenario expects ${formatRatio(expect.hitRatio)} ± ${formatRatio(expect.within)}: this measures something else`;
  },
  rate_not_reached: (observed) => {
    const { load } = observed.scenario;
    const offered = observed.result.metrics['offered_rate'];
    if (load.model !== 'open' || offered === undefined) return undefined;
    // what was due last is answered after the end, by no more than a usual latency
    const answeredMs = observed.result.measuredMs - metric(observed, 'latency.p50');
    const due = (offered * Math.max(0, answeredMs)) / 1000;
    const missing = due * MIN_RATE_SHARE - metric(observed, 'operations') - metric(observed, 'errors');
    if (missing <= CHANCE * Math.sqrt(due)) return undefined;
    const waitedMs = metric(observed, 'generator.waited');
    const why =
      waitedMs > 0 ? `; for ${formatDuration(waitedMs)} max_in_flight (${load.maxInFlight}) was reached` : '';
    return `${formatCount(metric(observed, 'throughput'))} of ${formatCount(offered)} operations per second were completed${why}`;
  },
  few_samples: ({ result }) => {
    // an attribution tells no p99.9
    if (result.round !== undefined) return undefined;
    const operations = result.metrics['operations'] ?? 0;
    const beyond = operations / 1000;
    if (beyond >= MIN_BEYOND) return undefined;
    return `only ${formatCount(operations)} operations: p99.9 rests on ${Math.floor(beyond)} of them; measure for longer`;
  },
  errors: ({ result }) => {
    const total = result.metrics['errors'] ?? 0;
    const [first] = result.errors;
    if (total === 0 || first === undefined) return undefined;
    const share = formatRatio(total / (total + (result.metrics['operations'] ?? 0)));
    return `${formatCount(total)} operations failed (${share}), most often: ${first.message}`;
  },
  evictions: ({ result }) => {
    const full = result.tiers.filter(
      (tier) => tier !== 'l1' && (result.metrics[`${tier}.evictions`] ?? 0) > 0,
    );
    if (full.length === 0) return undefined;
    return `${full.join(' and ')} dropped entries to make room: the hit ratio is that of a full cache`;
  },
  server_lost: ({ lost }) =>
    lost === undefined
      ? undefined
      : `the server of ${lost} was lost in mid-run; the figures are of the time before`,
  interrupted: ({ outcome }) =>
    outcome === 'interrupted' ? 'interrupted; the figures are of the time before' : undefined,
};

/** Operations were sent later than they were due, and not because too many were in flight. */
function wasLate(observed: Observed): string | undefined {
  const slip = metric(observed, 'schedule_slip.p99');
  if (slip < MAX_SLIP_MS || metric(observed, 'generator.waited') > 0) return undefined;
  if (metric(observed, 'operations') < 100 * MIN_BEYOND) return undefined;
  return `the generator sent 1 % of the operations ${formatDuration(slip)} late or more: this measures the generator; lower the rate or use a faster machine`;
}

function wasBlocked(observed: Observed): string | undefined {
  const lag = metric(observed, 'event_loop.lag.p99');
  if (lag < MAX_LAG_MS || observed.result.measuredMs < MIN_JUDGED_MS) return undefined;
  return `the generator's event loop stood still for ${formatDuration(lag)} or more, 1 % of the time: this measures the generator`;
}

export function warningsOf(observed: Observed): readonly Warning[] {
  return Object.entries(CHECKS).flatMap(([code, check]) => {
    const message = check(observed);
    return message === undefined
      ? []
      : [{ code: code as Warning['code'], variant: observed.result.id, message }];
  });
}

/** How a run ends whose work was done to its end, or as far as it was let. */
export function outcomeOf({ bed, signal }: Pick<VariantRun, 'bed' | 'signal'>): Outcome {
  if (bed.lostServer !== undefined) return 'server_lost';
  return signal.aborted ? 'interrupted' : 'complete';
}
