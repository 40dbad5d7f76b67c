const FIRST_BYTES = 4096;
/** Up to here a loop takes less time than the call of the native copy. */
const SHORT_BYTES = 16;
const ZERO = 0x30;

/** Requests on their way out: bytes that are put one after the other and written together. It grows as needed. */
export class RequestBuffer {
  #bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(part: Uint8Array): void {
    const at = this.#length;
    const bytes = this.#reserve(part.length);
    if (part.length > SHORT_BYTES) bytes.set(part, at);
    else for (let i = 0; i < part.length; i++) bytes[at + i] = part[i]!;
  }

  /** Adds a whole number in [0, 2^32), with zeros in front up to `digits`. */
  addNumber(number: number, digits: number): void {
    const start = this.#length;
    const bytes = this.#reserve(digits);
    let rest = number;
    for (let at = start + digits - 1; at >= start; at--) {
      const tens = (rest / 10) >>> 0;
      bytes[at] = ZERO + rest - tens * 10;
      rest = tens;
    }
  }

  /** Adds a key's number between two parts: most requests are this and nothing more. */
  addKeyed(head: Uint8Array, number: number, digits: number, tail: Uint8Array): void {
    const start = this.#length;
    const bytes = this.#reserve(head.length + digits + tail.length);
    bytes.set(head, start);
    const after = start + head.length + digits;
    let rest = number;
    for (let at = after - 1; at >= after - digits; at--) {
      const tens = (rest / 10) >>> 0;
      bytes[at] = ZERO + rest - tens * 10;
      rest = tens;
    }
    for (let i = 0; i < tail.length; i++) bytes[after + i] = tail[i]!;
  }

  /** All that was added; good until {@link renew} or {@link clear}. */
  taken(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Empties it; the memory of what was taken is used again. */
  clear(): void {
    this.#length = 0;
  }

  /** Empties it; the memory of what was taken is left to whoever has it. */
  renew(): void {
    this.#bytes = Buffer.allocUnsafeSlow(this.#bytes.length);
    this.#length = 0;
  }

  #reserve(bytes: number): Buffer {
    const end = this.#length + bytes;
    if (end > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(end, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    this.#length = end;
    return this.#bytes;
  }
}

/** Number of decimal digits of a whole number in [0, 2^53). */
export function digitsOf(number: number): number {
  let digits = 1;
  for (let bound = 10; number >= bound; bound *= 10) digits++;
  return digits;
}
