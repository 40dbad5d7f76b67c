import type { Reply } from './reply.ts';

/** What a connection still owes: replies are handed to the oldest one, in the order of the requests. */
export interface Pending {
  /** When it is given up, on the connection's clock. */
  readonly dueMs: number;
  /** True after the last reply that belongs to it. Replies that come after `reject` are taken and dropped. */
  take(reply: Reply): boolean;
  reject(error: unknown): void;
}

/** Reads the one reply of a request; throws what the call is to reject with. */
export type ReadReply<T> = (reply: Reply) => T;

/** A request that gets exactly one reply. */
export class PendingReply<T> implements Pending {
  readonly dueMs: number;
  readonly #read: ReadReply<T>;
  readonly #resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;

  constructor(
    dueMs: number,
    read: ReadReply<T>,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ) {
    this.dueMs = dueMs;
    this.#read = read;
    this.#resolve = resolve;
    this.reject = reject;
  }

  take(reply: Reply): boolean {
    try {
      this.#resolve(this.#read(reply));
    } catch (error) {
      this.reject(error);
    }
    return true;
  }
}

/** Gathers the replies of a request that gets several. */
export interface Gatherer<T> {
  /** True for the last reply. */
  take(reply: Reply): boolean;
  /** Called once, after the last reply; throws what the call is to reject with. */
  result(): T;
}

/** A request that gets several replies. */
export class PendingReplies<T> implements Pending {
  readonly dueMs: number;
  readonly #gatherer: Gatherer<T>;
  readonly #resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;

  constructor(
    dueMs: number,
    gatherer: Gatherer<T>,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ) {
    this.dueMs = dueMs;
    this.#gatherer = gatherer;
    this.#resolve = resolve;
    this.reject = reject;
  }

  take(reply: Reply): boolean {
    if (!this.#gatherer.take(reply)) return false;
    try {
      this.#resolve(this.#gatherer.result());
    } catch (error) {
      this.reject(error);
    }
    return true;
  }
}

/** First in, first out. Those given up stay until their replies have come. */
export class PendingQueue {
  #items: Pending[] = [];
  #head = 0;
  /** Everything before it has been given up. At or after the head. */
  #firstLive = 0;

  get isEmpty(): boolean {
    return this.#head === this.#items.length;
  }

  get head(): Pending | undefined {
    return this.#items[this.#head];
  }

  /** The oldest that has not been given up. */
  get firstLive(): Pending | undefined {
    return this.#items[this.#firstLive];
  }

  push(item: Pending): void {
    this.#items.push(item);
  }

  removeHead(): void {
    this.#head++;
    if (this.#firstLive < this.#head) this.#firstLive = this.#head;
    if (this.#head === this.#items.length) {
      this.#items.length = 0;
      this.#head = this.#firstLive = 0;
    } else if (this.#head >= 1024 && this.#head * 2 > this.#items.length) {
      this.#items.splice(0, this.#head);
      this.#firstLive -= this.#head;
      this.#head = 0;
    }
  }

  /** Gives up those that were due at `nowMs`. */
  expire(nowMs: number, error: () => Error): void {
    for (let item = this.firstLive; item !== undefined && item.dueMs <= nowMs; item = this.firstLive) {
      this.#firstLive++;
      item.reject(error());
    }
  }

  /** Rejects and forgets everything. */
  clear(error: () => Error): void {
    const rejected = this.#items.slice(this.#firstLive);
    this.#items = [];
    this.#head = this.#firstLive = 0;
    for (const item of rejected) item.reject(error());
  }
}
