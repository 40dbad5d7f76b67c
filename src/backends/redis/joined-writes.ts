import type { Socket } from 'node:net';

/**
 * Sends in one system call what is written to a socket within one run of microtasks. ioredis writes each
 * command by itself; with many calls in flight their replies arrive together, so the next commands leave
 * together as well.
 */
export class JoinedWrites {
  readonly #socket: Socket;
  #open = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** To be called before each write. */
  join(): void {
    if (this.#open) return;
    this.#open = true;
    this.#socket.cork();
    queueMicrotask(this.#send);
  }

  readonly #send = (): void => {
    this.#open = false;
    this.#socket.uncork();
  };
}
