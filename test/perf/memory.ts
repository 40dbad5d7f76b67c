/*
 * Resident memory of the generator over 60 s at full rate, after 15 s in which the heap finds its size. Each
 * driver has a process of its own.
 * Run: npm run bench:memory
 */
import { formatCount } from '../../src/base/units.ts';
import { findDriver } from '../../src/bench/drivers/registry.ts';
import { measured, print, reads } from './scenario.ts';

const START_MS = 15_000;
const RUN_MS = START_MS + 60_000;
const MIB = 1024 * 1024;

const driver = findDriver(process.argv[2] ?? 'ioredis');
const samples: number[] = [];
const begin = performance.now();
const timer = setInterval(() => {
  const ms = performance.now() - begin;
  if (ms > START_MS) samples.push(process.memoryUsage.rss() / MIB);
}, 250);
const variant = await measured(reads({ durationMs: RUN_MS }), { target: {}, driver });
clearInterval(timer);
// By thirds: garbage comes and goes within each, a leak would lift them one after the other.
const third = Math.floor(samples.length / 3);
const ranges = [0, 1, 2].map((part) => {
  const mib = samples.slice(part * third, (part + 1) * third);
  return `${Math.min(...mib).toFixed(0)} to ${Math.max(...mib).toFixed(0)}`;
});
print(
  `driver ${driver}: ${formatCount(variant.metrics['operations'] ?? 0)} operations, resident MiB in each third of 60 s: ${ranges.join(', ')}`,
);
