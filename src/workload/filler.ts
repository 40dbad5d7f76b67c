import { seededRandom } from '../base/random.ts';

/** A power of two; large enough that common compressors do not see the repetition in values beyond it. */
const POOL_BYTES = 2 ** 18;

/** Up to here comparing byte by byte takes less time than the call of the native comparison. */
const SHORT_BYTES = 256;

/**
 * Random and repeated bytes take turns within this many: little enough that compressors with a small window find both,
 * enough that what a repetition costs them is no more than a percent.
 */
const CHUNK_BYTES = 1024;

let pool: Buffer | undefined;

/** Random, so incompressible, bytes; the same on every machine, because readers compare with them. */
function getPool(): Buffer {
  if (pool !== undefined) return pool;
  const random = seededRandom(0);
  const words = Uint32Array.from({ length: POOL_BYTES / 4 }, () => random.nextUint32());
  pool = Buffer.allocUnsafeSlow(POOL_BYTES);
  for (const [i, word] of words.entries()) pool.writeUInt32LE(word, i * 4);
  return pool;
}

/**
 * Fills `target` from the offset `from` to its end with bytes that `seed`, a 32-bit integer, determines.
 * `repeated`: percentage of them that is one byte over and over, from 0 to 100, for compressors to take away.
 */
export function fill(target: Buffer, from: number, seed: number, repeated = 0): void {
  if (repeated === 0) {
    fillRandom(target, from, target.length, seed);
    return;
  }
  for (let at = from; at < target.length; at += CHUNK_BYTES) {
    const { middle, end } = partsOf(at, target.length, repeated);
    fillRandom(target, at, middle, seed + at);
    target.fill(seed >>> 24, middle, end);
  }
}

/** Whether `target` is as {@link fill} would leave it. */
export function isFilledBy(target: Buffer, from: number, seed: number, repeated = 0): boolean {
  if (repeated === 0) return isRandom(target, from, target.length, seed);
  const byte = seed >>> 24;
  for (let at = from; at < target.length; at += CHUNK_BYTES) {
    const { middle, end } = partsOf(at, target.length, repeated);
    if (!isRandom(target, at, middle, seed + at)) return false;
    for (let i = middle; i < end; i++) if (target[i] !== byte) return false;
  }
  return true;
}

/** Where in the chunk at an offset the random bytes end, and where the repeated ones do. */
function partsOf(at: number, length: number, repeated: number): { middle: number; end: number } {
  const end = Math.min(at + CHUNK_BYTES, length);
  return { middle: end - Math.round(((end - at) * repeated) / 100), end };
}

function fillRandom(target: Buffer, from: number, to: number, seed: number): void {
  const source = getPool();
  let offset = seed & (POOL_BYTES - 1);
  for (let at = from; at < to; offset = 0) at += source.copy(target, at, offset, offset + to - at);
}

function isRandom(target: Buffer, from: number, to: number, seed: number): boolean {
  const source = getPool();
  let offset = seed & (POOL_BYTES - 1);
  for (let at = from; at < to; offset = 0) {
    const length = Math.min(to - at, POOL_BYTES - offset);
    if (length <= SHORT_BYTES) {
      for (let i = 0; i < length; i++) if (source[offset + i] !== target[at + i]) return false;
    } else if (source.compare(target, at, at + length, offset, offset + length) !== 0) {
      return false;
    }
    at += length;
  }
  return true;
}
