import type { Socket } from 'node:net';
import type { CancelTimer, Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';

/** How slowly bytes go, in one direction of one connection. */
export interface Pace {
  /** From being sent to arriving, in milliseconds. */
  readonly delayMs: number;
  /** How far the delay varies up and down, at most, in milliseconds. What was sent first still arrives first. */
  readonly jitterMs: number;
  /** Bytes per second. */
  readonly bandwidth: number;
}

/** At once. */
export const UNDELAYED: Pace = { delayMs: 0, jitterMs: 0, bandwidth: Infinity };

/** Bytes that may be on the way; then the sender is not read any more, and its own buffers fill. */
const MOST_ON_THE_WAY = 1024 * 1024;

interface Sent {
  readonly chunk: Buffer;
  readonly dueMs: number;
}

/**
 * One direction of a connection: what is read from a socket is written to another, at some pace. The end of the stream
 * comes after all bytes, and leaves the other direction open.
 */
export class Flow {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #onTheWay: Sent[] = [];
  #bytes = 0;
  #lastDueMs = 0;
  #pace: Pace = UNDELAYED;
  #isHeld = false;
  #isFull = false;
  #hasEnded = false;
  #cancelTimer: CancelTimer = () => {};

  constructor(from: Socket, to: Socket, clock: Clock, random: Random) {
    this.#from = from;
    this.#to = to;
    this.#clock = clock;
    this.#random = random;
    from.on('data', (chunk: Buffer) => this.#take(chunk));
    from.once('end', () => {
      this.#hasEnded = true;
      this.#forward();
    });
    to.on('drain', () => {
      this.#isFull = false;
      this.#forward();
    });
    to.once('close', () => this.#cancelTimer());
  }

  /** From now on; what is on the way already arrives when it was to. */
  set pace(pace: Pace) {
    this.#pace = pace;
  }

  /** Nothing passes any more: what is on the way stays there, and the sender is not read. */
  hold(): void {
    this.#isHeld = true;
    this.#forward();
  }

  resume(): void {
    this.#isHeld = false;
    this.#forward();
  }

  #take(chunk: Buffer): void {
    const { delayMs, jitterMs, bandwidth } = this.#pace;
    const jittered = delayMs + jitterMs * (2 * this.#random.next() - 1);
    const arrivesMs = this.#clock.nowMs() + Math.max(0, jittered);
    const dueMs = Math.max(this.#lastDueMs, arrivesMs) + (chunk.length * 1000) / bandwidth;
    this.#lastDueMs = dueMs;
    this.#onTheWay.push({ chunk, dueMs });
    this.#bytes += chunk.length;
    this.#forward();
  }

  #forward(): void {
    this.#cancelTimer();
    for (let first = this.#onTheWay[0]; first !== undefined; first = this.#onTheWay[0]) {
      if (this.#isHeld || this.#isFull) break;
      const waitMs = first.dueMs - this.#clock.nowMs();
      if (waitMs > 0) {
        this.#cancelTimer = this.#clock.setTimer(() => this.#forward(), waitMs);
        break;
      }
      this.#onTheWay.shift();
      this.#bytes -= first.chunk.length;
      this.#isFull = !this.#to.write(first.chunk);
    }
    const isOver = this.#hasEnded && this.#onTheWay.length === 0 && !this.#isHeld;
    if (isOver) this.#to.end();
    if (this.#isHeld || this.#isFull || this.#bytes > MOST_ON_THE_WAY) this.#from.pause();
    else this.#from.resume();
  }
}
