import { callInTurn } from '../interleaved-ratio.ts';
import { medianCallMs, quantile } from './call-time.ts';
import type { Library, Load, Peer } from './peer.ts';

/**
 * One kind of read, and how it is measured: so many calls a round, so many of them at a time. Rounds are short, so that
 * a busy machine interrupts few of them.
 */
interface Reads {
  readonly title: string;
  /** `ns` and `µs`: time of the median call. `k/s`: thousands of calls a second. */
  readonly unit: 'ns' | 'µs' | 'k/s';
  readonly tier: 'memory' | 'redis' | 'none';
  readonly calls: number;
  readonly inFlight: number;
}

export const READS: readonly Reads[] = [
  { title: 'hit in memory, one at a time', unit: 'ns', tier: 'memory', calls: 1000, inFlight: 1 },
  { title: 'hit in memory, 64 callers', unit: 'k/s', tier: 'memory', calls: 1280, inFlight: 64 },
  { title: 'hit in Redis, one at a time', unit: 'µs', tier: 'redis', calls: 200, inFlight: 1 },
  { title: 'hit in Redis, 64 in flight', unit: 'k/s', tier: 'redis', calls: 640, inFlight: 64 },
  { title: 'miss, 64 in flight', unit: 'k/s', tier: 'none', calls: 320, inFlight: 64 },
];

/** One library at one kind of read: medians over the rounds, and quartiles of the ratio. */
export interface Speed {
  /** In the unit of the kind of read. */
  readonly value: number;
  /** Times the speed of the baseline, round by round: median and quartiles. More is faster. */
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
}

const KEYS = 1000;
const value = { id: 1, name: 'a product', price: 12.5, tags: ['a', 'b', 'c'], text: 'x'.repeat(60) };
const load: Load = async () => ({ ...value, tags: [...value.tags] });

/** An instance whose entries stay in memory, one that finds next to all of them in Redis only. */
interface Instances {
  readonly near: Peer;
  readonly far: Peer;
  readonly keys: readonly string[];
  next: number;
}

/**
 * All kinds of read, for all libraries, in turn within each round, so that all see the same machine.
 * @returns by kind of read, then by library
 */
export async function speedsOf(
  libraries: readonly Library[],
  baseline: Library,
  url: string,
  rounds: number,
): Promise<readonly (readonly Speed[])[]> {
  const all = await Promise.all(libraries.map((library) => open(library, url)));
  const speeds: (readonly Speed[])[] = [];
  for (const reads of READS) {
    const times: number[][] = all.map(() => []);
    for (const one of all) await round(one, reads);
    for (let i = 0; i < rounds; i++) {
      // who comes first changes from round to round
      for (const place of all.keys()) {
        const which = (place + i) % all.length;
        times[which]?.push(await round(all[which] as Instances, reads));
      }
    }
    speeds.push(compared(reads, times, times[libraries.indexOf(baseline)] ?? []));
  }
  for (const { near, far } of all) await Promise.all([near.close(), far.close()]);
  return speeds;
}

async function open(library: Library, url: string): Promise<Instances> {
  const near = await library.open({ url, memoryEntries: 10_000, onlyTier: 'memory' });
  const far = await library.open({ url, memoryEntries: 1, onlyTier: 'redis' });
  const keys = Array.from({ length: KEYS }, (_, i) => `${library.name}:product:${i}`);
  for (const key of keys) await Promise.all([near.getOrLoad(key, load), far.getOrLoad(key, load)]);
  return { near, far, keys, next: 0 };
}

/** Milliseconds that a call took: the median one, or the mean where several are made at a time. */
async function round(instances: Instances, { tier, calls, inFlight }: Reads): Promise<number> {
  const { near, far, keys } = instances;
  const peer = tier === 'memory' ? near : far;
  const read = (): Promise<unknown> => {
    const i = instances.next++;
    const key = keys[i % KEYS] as string;
    return peer.getOrLoad(tier === 'none' ? `${key}:${i}` : key, load);
  };
  if (inFlight === 1) return medianCallMs(calls, read);
  const start = performance.now();
  await callInTurn(calls, inFlight, read);
  return (performance.now() - start) / calls;
}

function compared(reads: Reads, times: readonly number[][], baseline: readonly number[]): readonly Speed[] {
  return times.map((ofOne) => {
    const ratios = ofOne.map((ms, i) => (baseline[i] ?? Number.NaN) / ms);
    return {
      value: inUnit(reads, quantile(ofOne, 0.5)),
      ratio: quantile(ratios, 0.5),
      low: quantile(ratios, 0.25),
      high: quantile(ratios, 0.75),
    };
  });
}

function inUnit({ unit }: Reads, ms: number): number {
  if (unit === 'k/s') return 1 / ms;
  return ms * (unit === 'ns' ? 1e6 : 1e3);
}
