import { CachectlError } from '../base/errors.ts';

const PREFIX = 'k:';
const DIGITS = 10;

/** Length of every key text, in bytes, where no other is asked for. */
export const KEY_NAME_BYTES: number = PREFIX.length + DIGITS;

/** Longest key text: with the namespace before it, it still is within the 250 bytes of Memcached. */
export const MAX_KEY_NAME_BYTES = 200;

/**
 * Gives the texts of key indexes in [0, 2^32), all of `bytes` bytes: `k:0000012345` of 12, `k:00000000012345` of 16; below
 * 12 only the digits, as many as there are. Formed, not cached: 25 ns, and no memory per key.
 */
export function keyNamer(bytes: number): (index: number) => string {
  const { lead, digits: width } = keyShape(bytes);
  /** The prefix with the zeros that a number of so many digits needs in front of it. */
  const leads = Array.from(
    { length: DIGITS + 1 },
    (_, digits) => lead + '0'.repeat(Math.max(0, width - digits)),
  );
  return (index) => {
    const digits = String(index);
    return leads[digits.length]! + digits;
  };
}

/** The text of a key index in [0, 2^32): `k:0000012345`. */
export const keyName: (index: number) => string = keyNamer(KEY_NAME_BYTES);

/** The shortest texts that tell so many keys apart, in bytes. */
export function shortestKeyName(keys: number): number {
  return String(keys - 1).length;
}

/** What every key text of so many bytes begins with, and how many digits follow. */
export function keyShape(bytes: number): { readonly lead: string; readonly digits: number } {
  const lead = bytes < KEY_NAME_BYTES ? '' : PREFIX;
  return { lead, digits: bytes - lead.length };
}

/** What the key text of a counter has before that of a value: counters are beside the values, not among them. */
export const COUNTER_MARK = 'n:';

/** Gives the texts of the keys of counters: `n:k:0000012345` where those of values have 12 bytes. */
export function counterNamer(bytes: number): (index: number) => string {
  const name = keyNamer(bytes);
  return (index) => COUNTER_MARK + name(index);
}

/** Texts kept by {@link KeyNames}, at most: some megabytes. */
const MAX_KEPT = 2 ** 16;

/** Key texts with a prefix, kept once formed: a text that is sent again and again need not be put together again. */
export class KeyNames {
  readonly #prefix: string;
  readonly #nameOf: (index: number) => string;
  readonly #kept: (string | undefined)[];

  /**
   * `keys`: how many there are. The first 65,536 are kept. `bytes`: length of each without the prefix.
   * @throws CachectlError `BAD_SCENARIO` when the keys need more bytes, or there are more than {@link MAX_KEY_NAME_BYTES}
   */
  constructor(prefix: string, keys: number, bytes: number = KEY_NAME_BYTES) {
    const least = shortestKeyName(keys);
    if (!(Number.isInteger(bytes) && bytes >= least && bytes <= MAX_KEY_NAME_BYTES)) {
      const range = `an integer from ${least} to ${MAX_KEY_NAME_BYTES}`;
      throw new CachectlError(
        'BAD_SCENARIO',
        `key size is ${bytes} bytes, expected ${range} for ${keys} keys`,
      );
    }
    this.#prefix = prefix;
    this.#nameOf = keyNamer(bytes);
    this.#kept = Array.from({ length: Math.min(keys, MAX_KEPT) });
  }

  of(index: number): string {
    const kept = this.#kept[index];
    if (kept !== undefined) return kept;
    const name = this.#prefix + this.#nameOf(index);
    if (index < this.#kept.length) this.#kept[index] = name;
    return name;
  }
}
