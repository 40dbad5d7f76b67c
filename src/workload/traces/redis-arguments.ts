const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;

const ESCAPED: Readonly<Record<string, number>> = { n: 0x0a, r: 0x0d, t: 0x09, a: 0x07, b: 0x08 };

/** What each byte behind a backslash stands for: itself, but for some letters. */
const MEANING: Uint8Array = Uint8Array.from(
  { length: 256 },
  (_, byte) => ESCAPED[String.fromCharCode(byte)] ?? byte,
);
const HEX_MARK = 0x78;

/** The quoted arguments of one line, with Redis' escapes (sdscatrepr) undone where they stand. */
export class RedisArguments {
  count = 0;
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  start(argument: number): number {
    return this.#starts[argument]!;
  }

  end(argument: number): number {
    return this.#ends[argument]!;
  }

  /** Reads what is between `start` and `end`, and changes it; false when it is not arguments in quotes, one space apart. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    this.count = 0;
    let at = start;
    while (at < end) {
      if (this.count > 0 && bytes[at++] !== SPACE) return false;
      if (bytes[at] !== QUOTE) return false;
      this.#starts[this.count] = at + 1;
      at = this.#unescape(bytes, at + 1, end);
      if (at < 0) return false;
      this.count++;
    }
    return this.count > 0;
  }

  /** The place behind the closing quote; -1 when there is none. */
  #unescape(bytes: Uint8Array, start: number, end: number): number {
    let to = start;
    let from = start;
    while (from < end) {
      let byte = bytes[from++]!;
      if (byte === QUOTE) {
        this.#ends[this.count] = to;
        return from;
      }
      if (byte === BACKSLASH) {
        if (from >= end) return -1;
        const escaped = bytes[from++]!;
        byte = MEANING[escaped]!;
        if (escaped === HEX_MARK) {
          const [high, low] = [hexDigit(bytes[from]), hexDigit(bytes[from + 1])];
          if (high < 0 || low < 0) return -1;
          byte = high * 16 + low;
          from += 2;
        }
      }
      bytes[to++] = byte;
    }
    return -1;
  }
}

function hexDigit(byte: number | undefined): number {
  return byte === undefined ? -1 : '0123456789abcdef'.indexOf(String.fromCharCode(byte).toLowerCase());
}
