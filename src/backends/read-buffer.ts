/** Bytes that have come and were not read to the end: what one read cuts off is kept, and read with the next. */
export class ReadBuffer {
  #kept: Buffer = Buffer.alloc(0);
  #length = 0;

  /**
   * Takes the first `length` of the bytes, which may be used again afterwards. `read` is given all that was not read yet, as
   * bytes and their number, and gives how many of them it has read.
   */
  push(bytes: Buffer, length: number, read: (bytes: Buffer, to: number) => number): void {
    if (this.#length === 0) {
      const done = read(bytes, length);
      if (done < length) this.#keep(bytes, done, length);
      return;
    }
    this.#keep(bytes, 0, length);
    const done = read(this.#kept, this.#length);
    this.#kept.copyWithin(0, done, this.#length);
    this.#length -= done;
  }

  clear(): void {
    this.#length = 0;
  }

  /** Twice as large each time, so that a large value that comes in many parts is copied a few times only. */
  #keep(bytes: Buffer, from: number, to: number): void {
    const length = this.#length + to - from;
    if (length > this.#kept.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length, this.#kept.length * 2));
      this.#kept.copy(larger, 0, 0, this.#length);
      this.#kept = larger;
    }
    bytes.copy(this.#kept, this.#length, from, to);
    this.#length = length;
  }
}
