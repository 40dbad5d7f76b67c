/**
 * Eviction policies of the store in this process: how often each hits, against LRU and the optimum (Belady), and what
 * a hit costs. Run: npm run bench:eviction
 *
 * Hit ratios are in % of all requests, the first ones included: nothing is left out as warm-up. The Zipf trace is 5 M
 * draws of the project's own generator. A hit's cost is CPU time, measured in a process for each policy, in turns
 * with a Map of objects: what others do on the machine still costs cache misses, so believe the ratio to the Map.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { MemoryStore } from '../../src/backends/memory/store.ts';
import { EVICTION_POLICIES, type EvictionName } from '../../src/backends/memory/eviction/registry.ts';
import { systemClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { createKeyDistribution } from '../../src/workload/distributions.ts';
import { hitRatio, optimalHitRatio, readTrace } from '../support/traces.ts';
import { median, print } from './scenario.ts';

const POLICIES = Object.keys(EVICTION_POLICIES) as EvictionName[];
const ZIPF = { keys: 1_000_000, exponent: 0.9 };
const ZIPF_DRAWS = 5_000_000;
const READS = 2 ** 19;
const ROUNDS = 15;

type KeyCase = 'uniform' | 'zipfian';

function draws(distribution: KeyCase, spec: typeof ZIPF, count: number): Int32Array {
  const keys = createKeyDistribution({ distribution, ...spec }, seededRandom(1), seededRandom(2));
  return Int32Array.from({ length: count }, () => keys.next());
}

function printRatios(): void {
  const traces: readonly (readonly [string, Int32Array, number])[] = [
    ['loop', readTrace('loop'), 512],
    ['gli', readTrace('gli'), 1000],
    ['multi3', readTrace('multi3'), 1000],
    ['sprite', readTrace('sprite'), 1000],
    ['zipf 0.9 of 1 M', draws('zipfian', ZIPF, ZIPF_DRAWS), 10_000],
  ];
  print(
    `\nhit ratio, %${' '.repeat(10)}${[...POLICIES, 'optimum'].map((name) => name.padStart(11)).join('')}`,
  );
  for (const [name, trace, maxEntries] of traces) {
    const ratios = POLICIES.map((policy) => hitRatio(trace, policy, { maxEntries, maxBytes: Infinity }));
    const row = [...ratios, optimalHitRatio(trace, maxEntries)];
    print(
      `${`${name}@${maxEntries}`.padEnd(22)}${row.map((ratio) => ratio.toFixed(2).padStart(11)).join('')}`,
    );
  }
}

/** Every so many reads an entry comes or goes, where a case says so. */
const READS_A_WRITE = 256;

/** Nanoseconds of CPU for each of `count` reads; `work` tells how many of them hit. */
function nanosPerRead(count: number, work: () => number): number {
  const before = process.cpuUsage();
  if (work() !== count) throw new Error('a read missed');
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / count;
}

function readMap(map: ReadonlyMap<string, { readonly value: Uint8Array }>, order: readonly string[]): number {
  let hits = 0;
  for (const key of order) if (map.get(key)?.value !== undefined) hits++;
  return hits;
}

function readStore(store: MemoryStore, order: readonly string[]): number {
  let hits = 0;
  for (const key of order) if (store.read(key)?.value !== undefined) hits++;
  return hits;
}

function readAndWriteStore(store: MemoryStore, order: readonly string[]): number {
  let hits = 0;
  for (let i = 0; i < order.length; i++) {
    if (i % READS_A_WRITE === 0 && !store.drop('one more')) store.write('one more', new Uint8Array(16));
    if (store.read(order[i]!)?.value !== undefined) hits++;
  }
  return hits;
}

interface ReadCase {
  readonly entries: number;
  readonly distribution: KeyCase;
  readonly ttlMs?: number;
  readonly writes?: boolean;
}

const READ_CASES: readonly ReadCase[] = [100, 10_000, 100_000].flatMap((entries) => [
  { entries, distribution: 'uniform' },
  { entries, distribution: 'zipfian' },
  { entries, distribution: 'zipfian', ttlMs: 600_000 },
  { entries, distribution: 'zipfian', writes: true },
]);

function printTimes(eviction: EvictionName, { entries, distribution, ttlMs, writes }: ReadCase): void {
  const keys = Array.from({ length: entries }, (_, i) => `ns:customer:360:${i}`);
  const order = Array.from(
    draws(distribution, { keys: entries, exponent: 0.99 }, READS),
    (i) => keys[i] ?? '',
  );
  const store = new MemoryStore({ maxEntries: entries + 1, maxBytes: Infinity, eviction }, systemClock);
  for (const key of keys) store.write(key, new Uint8Array(16), ttlMs);
  const map = new Map(keys.map((key) => [key, { value: new Uint8Array(16) }]));
  const work = writes === true ? readAndWriteStore : readStore;
  const rounds = Array.from({ length: ROUNDS }, () => ({
    map: nanosPerRead(READS, () => readMap(map, order)),
    store: nanosPerRead(READS, () => work(store, order)),
  }));
  const cells = [rounds.map((round) => round.map), rounds.map((round) => round.store)].map((times) =>
    `${median(times).toFixed(0)} (${Math.min(...times).toFixed(0)})`.padStart(12),
  );
  const ratio = median(rounds.map((round) => round.store / round.map)).toFixed(2);
  const name = `${entries} ${distribution}${ttlMs === undefined ? '' : ', TTL'}${writes === true ? ', writes' : ''}`;
  print(`${eviction.padEnd(10)} ${name.padEnd(24)}${cells.join('')}${ratio.padStart(12)}`);
}

const [own] = process.argv.slice(2) as EvictionName[];
if (own === undefined) {
  printRatios();
  print(`\nread of a hit, ns of CPU: median (least) of ${ROUNDS} rounds`);
  print(`${' '.repeat(35)}${['Map', 'store', 'ratio'].map((name) => name.padStart(12)).join('')}`);
  for (const policy of POLICIES) await once(fork(new URL(import.meta.url), [policy]), 'exit');
} else {
  for (const readCase of READ_CASES) printTimes(own, readCase);
}
