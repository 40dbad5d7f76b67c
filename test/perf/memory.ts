/*
 * Memory of the generator over 60 s at full rate: the line through its resident memory, after 15 s in which the heap
 * finds its size. Each driver has a process of its own.
 * Run: npm run bench:memory
 */
import { formatCount } from '../../src/base/units.ts';
import { findDriver } from '../../src/bench/plan.ts';
import { measured, print, reads } from './scenario.ts';

const START_MS = 15_000;
const RUN_MS = START_MS + 60_000;
const MIB = 1024 * 1024;

const driver = findDriver(process.argv[2] ?? 'ioredis');
const samples: { readonly s: number; readonly mib: number }[] = [];
const begin = performance.now();
const timer = setInterval(() => {
  const ms = performance.now() - begin;
  if (ms > START_MS) samples.push({ s: ms / 1000, mib: process.memoryUsage.rss() / MIB });
}, 250);
const variant = await measured(reads({ durationMs: RUN_MS }), { target: {}, driver });
clearInterval(timer);
const mean = (of: (sample: (typeof samples)[number]) => number): number =>
  samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
const s = mean((sample) => sample.s);
const mib = mean((sample) => sample.mib);
const slope = mean((sample) => (sample.s - s) * (sample.mib - mib)) / mean((sample) => (sample.s - s) ** 2);
const all = samples.map((sample) => sample.mib);
print(
  `driver ${driver}: ${formatCount(variant.metrics['operations'] ?? 0)} operations, resident ${Math.min(...all).toFixed(0)} to ${Math.max(...all).toFixed(0)} MiB, slope ${(slope * 60).toFixed(2)} MiB a minute`,
);
