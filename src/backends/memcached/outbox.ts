import type { Socket } from 'node:net';

/** Values up to this size are copied into the command text: one copy costs less than one more write. */
const INLINE_VALUE_BYTES = 4096;
const LINE_END = '\r\n';

/** Joins the commands of one microtask into one write. */
export class Outbox {
  readonly #socket: () => Socket | undefined;
  /** Large values and what goes before each, in order. */
  #chunks: (string | Uint8Array)[] = [];
  /** What goes last. */
  #text = '';
  #scheduled = false;

  /** @param socket gives where to write to, when it comes to that */
  constructor(socket: () => Socket | undefined) {
    this.#socket = socket;
  }

  /** Adds a command line (latin1, one character a byte) and the value that follows it. */
  add(command: string, value: Uint8Array | undefined): void {
    if (value === undefined) {
      this.#text += command;
    } else if (value.byteLength <= INLINE_VALUE_BYTES) {
      const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
      this.#text += command + bytes.toString('latin1') + LINE_END;
    } else {
      this.#chunks.push(this.#text + command, value);
      this.#text = LINE_END;
    }
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#flush());
  }

  /** Forgets what has not been written. */
  clear(): void {
    this.#chunks = [];
    this.#text = '';
  }

  #flush(): void {
    this.#scheduled = false;
    const chunks = this.#chunks;
    const text = this.#text;
    this.clear();
    const socket = this.#socket();
    if (socket === undefined || text === '') return;
    if (chunks.length > 0) {
      socket.cork();
      for (const chunk of chunks) {
        if (typeof chunk === 'string') socket.write(chunk, 'latin1');
        else socket.write(chunk);
      }
    }
    socket.write(text, 'latin1');
    if (chunks.length > 0) socket.uncork();
  }
}
