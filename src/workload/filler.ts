import { seededRandom } from '../base/random.ts';

/** A power of two; large enough that common compressors do not see the repetition in values beyond it. */
const POOL_BYTES = 2 ** 18;

/** Up to here comparing byte by byte takes less time than the call of the native comparison. */
const SHORT_BYTES = 256;

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

/** Fills `target` from the offset `from` to its end with bytes that `seed`, a 32-bit integer, determines. */
export function fill(target: Buffer, from: number, seed: number): void {
  const source = getPool();
  let offset = seed & (POOL_BYTES - 1);
  for (let at = from; at < target.length; offset = 0) {
    at += source.copy(target, at, offset);
  }
}

/** Whether `target` is as {@link fill} would leave it. */
export function isFilledBy(target: Buffer, from: number, seed: number): boolean {
  const source = getPool();
  let offset = seed & (POOL_BYTES - 1);
  for (let at = from; at < target.length; offset = 0) {
    const length = Math.min(target.length - at, POOL_BYTES - offset);
    if (length <= SHORT_BYTES) {
      for (let i = 0; i < length; i++) if (source[offset + i] !== target[at + i]) return false;
    } else if (source.compare(target, at, at + length, offset, offset + length) !== 0) {
      return false;
    }
    at += length;
  }
  return true;
}
