import { writeFileSync } from 'node:fs';
import { mix32, seededRandom } from '../src/base/random.ts';
import { ZipfianKeys } from '../src/workload/distributions/zipfian.ts';

/**
 * Makes scenarios/trace.csv, the trace that comes with cachectl, in the format of Twitter's traces: a minute of a small
 * look-aside cache. Nobody's data: keys by Zipf's law, as found there by J. Yang, Y. Yue and K. V. Rashmi, "A Large
 * Scale Analysis of Hundreds of In-memory Cache Clusters at Twitter", OSDI 2020; run by `npm run -s trace`.
 */
const REQUESTS = 8000;
const KEYS = 2500;
const SECONDS = 60;
const EXPONENT = 0.9;

const random = seededRandom(1);
const keys = new ZipfianKeys(KEYS, EXPONENT, random.fork('layout'), random.fork('keys'));
const draws = random.fork('requests');

function line(i: number): string {
  const key = keys.next();
  const name = `u:${mix32(key).toString(36).padStart(7, '0')}`;
  const valueBytes = 100 + (mix32(key ^ 1) % 1900);
  const draw = draws.next();
  const [operation, ttlSeconds] = draw < 0.9 ? ['get', 0] : draw < 0.98 ? ['set', 300] : ['delete', 0];
  const second = Math.floor((i * SECONDS) / REQUESTS);
  return `${second},${name},${name.length},${valueBytes},${i % 20},${operation},${ttlSeconds}\n`;
}

writeFileSync(
  new URL('../scenarios/trace.csv', import.meta.url),
  Array.from({ length: REQUESTS }, (_, i) => line(i)).join(''),
);
