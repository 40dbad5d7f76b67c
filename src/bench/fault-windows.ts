import { joinSlots, type Slot, SLOT_MS } from './timeline.ts';

/** When a fault was there, in milliseconds since the measured part began. */
export interface FaultTimes {
  /** When it was asked for. */
  readonly beginMs: number;
  /** When it had been taken away; a server that was killed answers again. */
  readonly endMs: number;
}

/** For so long all must be well again, in slots. */
const STEADY_SLOTS = 500 / SLOT_MS;
/** Part of its share of the reads from before that the tier must answer again. */
const SHARE_BACK = 0.9;
/** How far the 99th percentile may be over that from before. */
const P99_FACTOR = 2;
/** What it may be over in any case, in milliseconds: half a second holds few operations, and one turn of a busy machine. */
const P99_SLACK_MS = 2;

interface Figures {
  readonly operations: number;
  readonly errors: number;
  readonly readErrors: number;
  readonly loads: number;
  /** The others are undefined without operations, or reads. */
  readonly p99Ms: number | undefined;
  readonly maxMs: number | undefined;
  readonly errorShare: number | undefined;
  readonly hitRatio: number | undefined;
  /** Share of the reads that the tier answered. */
  readonly tierShare: number | undefined;
  readonly loadsPerOperation: number | undefined;
}

/**
 * The envelope of a fault, as metrics. There are three windows: before it; while it was there, with the slots that it
 * began and ended in; and after it. What cannot be told is absent: `recovery.time` when the run ended before all was
 * well.
 */
export function faultMetrics(slots: readonly Slot[], times: FaultTimes): Readonly<Record<string, number>> {
  const first = Math.floor(times.beginMs / SLOT_MS);
  const end = Math.ceil(times.endMs / SLOT_MS);
  const before = figuresOf(slots.slice(0, first));
  const during = figuresOf(slots.slice(first, end));
  const after = figuresOf(slots.slice(end));
  const firstHit = firstHitMs(slots, times.endMs);
  const wellMs = recoveryMs(slots, end, times.endMs, before);
  return present({
    'before.latency.p99': before.p99Ms,
    'fault.errors': during.errors,
    'fault.read_errors': during.readErrors,
    'fault.latency.p99': during.p99Ms,
    'fault.latency.max': during.maxMs,
    'fault.hit_ratio': during.hitRatio,
    'fault.origin.loads': during.loads,
    'fault.origin.loads_factor': quotient(during.loadsPerOperation, before.loadsPerOperation),
    'recovery.first_hit': firstHit,
    // slots are judged together, so that the first of them may end before the tier has answered
    'recovery.time': wellMs === undefined ? undefined : Math.max(wellMs, firstHit ?? 0),
    'recovery.hit_ratio': after.hitRatio,
  });
}

/**
 * From the end of the fault to the first slot, begun after it, from which on for 500 ms, taken together, the tier
 * answered at least 90 % of the share of reads that it answered before, the 99th percentile was at most twice that of
 * before (or 2 ms over it), and no larger share of the operations failed. A tier that had answered nothing need not.
 */
function recoveryMs(
  slots: readonly Slot[],
  from: number,
  endMs: number,
  before: Figures,
): number | undefined {
  for (let at = from; at + STEADY_SLOTS <= slots.length; at++) {
    if (isBack(figuresOf(slots.slice(at, at + STEADY_SLOTS)), before)) return at * SLOT_MS - endMs;
  }
  return undefined;
}

function isBack(now: Figures, before: Figures): boolean {
  if (now.p99Ms === undefined || before.p99Ms === undefined) return false;
  const isFast = now.p99Ms <= Math.max(before.p99Ms * P99_FACTOR, before.p99Ms + P99_SLACK_MS);
  const answers = (now.tierShare ?? 0) >= (before.tierShare ?? 0) * SHARE_BACK;
  return isFast && answers && (now.errorShare ?? 0) <= (before.errorShare ?? 0);
}

function firstHitMs(slots: readonly Slot[], endMs: number): number | undefined {
  const after = slots.slice(Math.floor(endMs / SLOT_MS)).flatMap(({ tierHitsMs }) => tierHitsMs);
  const first = after.reduce((least, ms) => (ms >= endMs && ms < least ? ms : least), Infinity);
  return first === Infinity ? undefined : first - endMs;
}

function figuresOf(slots: readonly Slot[]): Figures {
  const { latenciesMs, errors, readErrors, hits, reads, loads, tierHitsMs } = joinSlots(slots);
  const sorted = Float64Array.from(latenciesMs).sort();
  const operations = sorted.length + errors;
  return {
    operations,
    errors,
    readErrors,
    loads,
    p99Ms: sorted[Math.ceil(sorted.length * 0.99) - 1],
    maxMs: sorted.at(-1),
    errorShare: quotient(errors, operations),
    hitRatio: quotient(hits, reads),
    tierShare: quotient(tierHitsMs.length, reads),
    loadsPerOperation: quotient(loads, operations),
  };
}

function quotient(part: number | undefined, whole: number | undefined): number | undefined {
  return part === undefined || whole === undefined || whole === 0 ? undefined : part / whole;
}

function present(metrics: Readonly<Record<string, number | undefined>>): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(metrics).filter((entry): entry is [string, number] => entry[1] !== undefined),
  );
}
