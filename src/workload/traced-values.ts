import type { Random } from '../base/random.ts';
import { MAX_VALUE_BYTES, type ValueSizes } from './value-sizes.ts';
import { ValueMaker } from './values.ts';

/**
 * Values as large as a trace says: of each key, what it said last. A key whose size the trace has not told yet, or has
 * told to be 0, as traces do of what was not found, has that of the scenario.
 */
export class TracedValues extends ValueMaker {
  /** By key; 0 where it is not told. */
  readonly #bytes: Uint32Array;
  readonly #ttlMs: Float64Array;

  /** `keys`: how many there are. `sizes`: of those that the trace does not tell. */
  constructor(keys: number, sizes: ValueSizes, layout: Random) {
    super(sizes, layout);
    this.#bytes = new Uint32Array(keys);
    this.#ttlMs = new Float64Array(keys);
  }

  /** The trace says so of a key; NaN when it does not tell. */
  tellSize(keyIndex: number, valueBytes: number): void {
    if (valueBytes > 0) this.#bytes[keyIndex] = Math.min(MAX_VALUE_BYTES, valueBytes);
  }

  /** How long the key that is now written is to live; NaN when the trace does not tell, and it is that of the tiers. */
  tellTtl(keyIndex: number, ttlSeconds: number): void {
    this.#ttlMs[keyIndex] = ttlSeconds > 0 ? ttlSeconds * 1000 : 0;
  }

  override sizeOf(keyIndex: number): number {
    const bytes = this.#bytes[keyIndex] ?? 0;
    return bytes === 0 ? super.sizeOf(keyIndex) : bytes;
  }

  /** Milliseconds; undefined when the trace did not tell with the last write of the key. */
  ttlMsOf(keyIndex: number): number | undefined {
    const ttlMs = this.#ttlMs[keyIndex] ?? 0;
    return ttlMs === 0 ? undefined : ttlMs;
  }
}
