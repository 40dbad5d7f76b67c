import { p99Of, type Slot, SLOT_MS } from './slots.ts';

type Metrics = Record<string, number>;

/** A slot belongs to the storm when, with its neighbours, it has at least this share of the loads at the peak. */
const STORM_SHARE = 1 / 2;

/**
 * The loads from the origin around the time at which all keys expire, slot by slot, and what readers felt of it. The storm
 * is the time from the first to the last slot with half the loads of the peak. Slots before `calm` are those in which no
 * key can have expired.
 */
export function stormMetrics(slots: readonly Slot[], loads: readonly number[], calm: number): Metrics {
  const perSecond = (count: number): number => (count * 1000) / SLOT_MS;
  const total = loads.reduce((sum, count) => sum + count, 0);
  const calmP99 = p99Of(slots.slice(0, calm));
  if (total === 0) return calmP99 === undefined ? {} : { 'storm.calm.latency.p99': calmP99 };
  const peak = Math.max(...loads);
  const mean = total / loads.length;
  const [first, last] = stormOf(loads);
  const stormP99 = p99Of(slots.slice(first, last + 1));
  return {
    'storm.origin.peak': perSecond(peak),
    'storm.origin.mean': perSecond(mean),
    'storm.peak_factor': peak / mean,
    'storm.duration': (last + 1 - first) * SLOT_MS,
    ...(stormP99 === undefined ? {} : { 'storm.latency.p99': stormP99 }),
    ...(calmP99 === undefined ? {} : { 'storm.calm.latency.p99': calmP99 }),
  };
}

/** The first and the last slot of the storm. */
function stormOf(loads: readonly number[]): readonly [number, number] {
  const around = loads.map((_, at) => {
    const near = loads.slice(Math.max(0, at - 1), at + 2);
    return near.reduce((sum, count) => sum + count, 0) / near.length;
  });
  const least = Math.max(...around) * STORM_SHARE;
  return [around.findIndex((count) => count >= least), around.findLastIndex((count) => count >= least)];
}
