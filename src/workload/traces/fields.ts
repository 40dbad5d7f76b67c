export const NEWLINE = 0x0a;
export const RETURN = 0x0d;
export const SPACE = 0x20;
export const COMMA = 0x2c;
const DIGIT_0 = 0x30;

/** More digits may be more than a number can tell. */
const MOST_DIGITS = 15;

/** Text of a field that stands in a message. */
const MOST_SHOWN = 40;

/** The whole number that the bytes from `start` to `end` write in digits; -1 when they write none. */
export function wholeNumber(bytes: Uint8Array, start: number, end: number): number {
  if (end <= start || end - start > MOST_DIGITS) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - DIGIT_0;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** As {@link wholeNumber}; NaN, for unknown, when there is nothing between `start` and `end`. */
export function wholeNumberOrNone(bytes: Uint8Array, start: number, end: number): number {
  return start === end ? Number.NaN : wholeNumber(bytes, start, end);
}

/** What stands there, for a message: quoted, control characters escaped, cut when it is long. */
export function shown(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, Math.min(end, start + MOST_SHOWN));
  return `${JSON.stringify(text)}${end - start > MOST_SHOWN ? '…' : ''}`;
}
