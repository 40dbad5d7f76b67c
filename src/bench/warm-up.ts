import { type Course, p99Of, type Slot, SLOT_MS } from './slots.ts';

type Metrics = Record<string, number>;
type Counter = (slot: Slot) => number;

/** So many slots in a row tell a level from chance. */
const HOLD = 3;
/** Part of the course, at its end, that counts as steady. */
const STEADY_PART = 1 / 4;

const hits: Counter = (slot) => slot.hits;
const near: Counter = (slot) => slot.near;

/**
 * How a load got on that began on a cold cache. The steady hit ratio is that of the last quarter; it is reached with the
 * first slot from which the ratio stays at so much of it for three slots at least. A figure that was not reached is absent.
 */
export function startMetrics({ slots, loads }: Course): Metrics {
  const steady = slots.slice(slots.length - Math.ceil(slots.length * STEADY_PART));
  const to90 = slotsTo(slots, steady, hits, 0.9);
  const near90 = slotsTo(slots, steady, near, 0.9);
  const until90 = to90 ?? slots.length;
  const untilWarm = near90 === undefined ? until90 : Math.max(until90, near90);
  return {
    ...levels(steady),
    ...present('warmup.time_to_90', inMs(to90)),
    ...present('warmup.time_to_99', inMs(slotsTo(slots, steady, hits, 0.99))),
    ...present('warmup.l1.time_to_90', inMs(near90)),
    ...loadMetrics(loads.slice(0, until90)),
    ...present('warmup.latency.p99', p99Of(slots.slice(0, untilWarm))),
  };
}

/**
 * How a load got on whose instances were replaced one after another, from slot `from` until slot `until`. Steady is what
 * was before; a ratio is that of three slots, as one slot alone is chance.
 */
export function rolloutMetrics({ slots, loads }: Course, from: number, until: number): Metrics {
  const steady = slots.slice(0, from);
  const after = slots.slice(from);
  return {
    ...levels(steady),
    ...present('warmup.time_to_90', inMs(recovery(after, steady, hits, 0.9))),
    ...present('warmup.time_to_99', inMs(recovery(after, steady, hits, 0.99))),
    ...present('warmup.l1.time_to_90', inMs(recovery(after, steady, near, 0.9))),
    ...present('warmup.dip', lowest(after, hits)),
    'warmup.dip.duration': below(after, steady, hits, 0.9).length * SLOT_MS,
    ...(ratioOf(steady, near) ? present('warmup.l1.dip', lowest(after, near)) : {}),
    ...loadMetrics(loads.slice(from, until)),
    ...present('warmup.latency.p99', p99Of(slots.slice(from, until))),
  };
}

/** What is steady, told of the hit ratio, of L1 where it answers anything, and of the latency. */
function levels(steady: readonly Slot[]): Metrics {
  const nearRatio = ratioOf(steady, near);
  return {
    ...present('warmup.steady.hit_ratio', ratioOf(steady, hits)),
    ...(nearRatio ? { 'warmup.steady.l1.hit_ratio': nearRatio } : {}),
    ...present('warmup.steady.latency.p99', p99Of(steady)),
  };
}

function loadMetrics(loads: readonly number[]): Metrics {
  return {
    'warmup.origin.loads': loads.reduce((sum, count) => sum + count, 0),
    'warmup.origin.peak': (Math.max(0, ...loads) * 1000) / SLOT_MS,
  };
}

/** The share of reads that was answered so; undefined without reads. */
function ratioOf(slots: readonly Slot[], counter: Counter): number | undefined {
  const reads = slots.reduce((sum, slot) => sum + slot.reads, 0);
  return reads === 0 ? undefined : slots.reduce((sum, slot) => sum + counter(slot), 0) / reads;
}

/** The first slot from which the ratio holds this share of the steady one; undefined: none, or nothing is steady. */
function slotsTo(
  slots: readonly Slot[],
  steady: readonly Slot[],
  counter: Counter,
  share: number,
): number | undefined {
  const level = ratioOf(steady, counter);
  if (level === undefined || level === 0) return undefined;
  const isUp = slots.map((slot) => slot.reads > 0 && counter(slot) / slot.reads >= level * share);
  const at = isUp.findIndex((_, i) => i + HOLD <= isUp.length && isUp.slice(i, i + HOLD).every((up) => up));
  return at < 0 ? undefined : at;
}

/** Ratios of each slot together with its neighbours, without those that have no reads. */
function smoothed(slots: readonly Slot[], counter: Counter): readonly { at: number; ratio: number }[] {
  return slots.flatMap((_, at) => {
    const ratio = ratioOf(slots.slice(Math.max(0, at - 1), at + 2), counter);
    return ratio === undefined ? [] : [{ at, ratio }];
  });
}

function lowest(slots: readonly Slot[], counter: Counter): number | undefined {
  const ratios = smoothed(slots, counter).map(({ ratio }) => ratio);
  return ratios.length === 0 ? undefined : Math.min(...ratios);
}

/** The slots that are under this share of what is steady. */
function below(
  slots: readonly Slot[],
  steady: readonly Slot[],
  counter: Counter,
  share: number,
): readonly number[] {
  const level = (ratioOf(steady, counter) ?? 0) * share;
  return smoothed(slots, counter).flatMap(({ at, ratio }) => (ratio < level ? [at] : []));
}

/** Slots until none is under the share any more; undefined when the last one still is, or nothing was steady. */
function recovery(
  slots: readonly Slot[],
  steady: readonly Slot[],
  counter: Counter,
  share: number,
): number | undefined {
  if (!ratioOf(steady, counter)) return undefined;
  const last = below(slots, steady, counter, share).at(-1) ?? -1;
  return last === slots.length - 1 ? undefined : last + 1;
}

function inMs(slots: number | undefined): number | undefined {
  return slots === undefined ? undefined : slots * SLOT_MS;
}

function present(name: string, value: number | undefined): Metrics {
  return value === undefined ? {} : { [name]: value };
}
