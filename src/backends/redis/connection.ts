import { type CancelTimer, type Clock, systemClock } from '../../base/clock.ts';
import { CachectlError } from '../../base/errors.ts';
import { type Random, systemRandom } from '../../base/random.ts';
import { DEFAULT_CONNECT_TIMEOUT_MS } from '../backend.ts';
import type { RedisAddress } from './address.ts';
import { backoffMs } from './backoff.ts';
import { Call, type CallArgument, CallDeadlines } from './call.ts';
import { type EstablishOptions, type Identity, RedisClient } from './client.ts';
import { deadlineExceeded, redisError, unreachable } from './errors.ts';
import type { Replies } from './replies.ts';

/** A server that answers nothing at all for this long, or the deadline when that is longer, is cut off. */
const SILENCE_MS = 1000;

export interface RedisConnectionOptions {
  readonly address: RedisAddress;
  /** Bound on every call, in milliseconds; undefined: none, and a silent server is waited for. */
  readonly deadlineMs: number | undefined;
  /** Bound on connecting, log-in included, in milliseconds; also of each attempt to reconnect. Default 3000. */
  readonly connectTimeoutMs?: number | undefined;
  /** How long the server may be silent while calls wait. Default 1000 ms, at least the deadline. */
  readonly silenceMs?: number | undefined;
  /** Asks for a sign of life this often, in milliseconds. Default: never. */
  readonly keepaliveMs?: number | undefined;
  /** Default true. */
  readonly joinWrites?: boolean | undefined;
  /** Done on every new socket before it is used. */
  readonly prepare?: EstablishOptions['prepare'];
  readonly onUp?: (() => void) | undefined;
  readonly onDown?: (() => void) | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

/**
 * A connection that is used by many callers at once and restored for ever until it is closed.
 *
 * While it is down calls reject at once. Calls in flight when the socket is lost reject, and are never sent
 * again: the server may have carried them out. A server that hangs is cut off once calls waited for
 * {@link SILENCE_MS} without a byte from it. Then later calls fail at once rather than each after its
 * deadline, no queue of abandoned writes grows that would take effect on waking, and a dead link is found
 * long before TCP gives up. The next socket is opened at once and waits for its first answer, so a server
 * that wakes up is used again within milliseconds.
 */
export class RedisConnection {
  readonly address: string;
  readonly #options: RedisConnectionOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #deadlines: CallDeadlines | undefined;
  readonly #toError = (error: unknown): Error => this.#callError(error);
  /** The socket in use, or the one being opened. */
  #client: RedisClient;
  /** Of the last socket that was in use. */
  #predecessor: Identity | undefined;
  #up = false;
  #closed = false;
  #silence = { heard: -1, sinceMs: 0 };
  #cancelRetry: CancelTimer | undefined;
  #cancelKeepalive: CancelTimer | undefined;

  private constructor(options: RedisConnectionOptions) {
    this.address = options.address.shown;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? systemRandom();
    this.#client = new RedisClient(options.address);
    const { deadlineMs } = options;
    if (deadlineMs !== undefined) {
      this.#deadlines = new CallDeadlines(deadlineMs, this.#clock, (call) => this.#missed(call, deadlineMs));
    }
  }

  /**
   * Connects, logs in and checks that Redis answers.
   * @throws CachectlError `SERVER_UNREACHABLE`, `AUTH_FAILED` or `WRONG_PROTOCOL`; then nothing keeps running
   */
  static async open(options: RedisConnectionOptions): Promise<RedisConnection> {
    const connection = new RedisConnection(options);
    await connection.#establish();
    return connection;
  }

  get up(): boolean {
    return this.#up;
  }

  /**
   * Sends one command.
   * @throws CachectlError `SERVER_UNREACHABLE`, `DEADLINE_EXCEEDED`, `SERVER_ERROR`, `AUTH_FAILED` or `CLOSED`
   */
  send<Name extends keyof Replies>(name: Name, args: CallArgument[]): Promise<Replies[Name]> {
    if (!this.#up) return Promise.reject(this.#callError(undefined));
    const sentMs = this.#deadlines === undefined ? 0 : this.#clock.nowMs();
    const call = new Call(name, args, sentMs, this.#client.heard, this.#toError);
    this.#client.send(call);
    this.#deadlines?.add(call);
    return call.promise;
  }

  /** Calls in flight reject with `CLOSED`. */
  close(): void {
    this.#closed = true;
    this.#up = false;
    this.#cancelRetry?.();
    this.#cancelKeepalive?.();
    this.#deadlines?.stop();
    this.#client.destroy();
  }

  async #establish(): Promise<void> {
    const client = this.#client;
    await client.establish({
      timeoutMs: this.#options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
      clock: this.#clock,
      joinWrites: this.#options.joinWrites ?? true,
      prepare: this.#options.prepare,
      predecessor: this.#predecessor,
    });
    this.#predecessor = client.identity;
    if (this.#closed) return client.destroy();
    client.onEnd(() => this.#lost());
    this.#silence = { heard: -1, sinceMs: 0 };
    this.#up = true;
    this.#keepAlive();
    this.#options.onUp?.();
  }

  #lost(): void {
    this.#cancelKeepalive?.();
    if (this.#closed) return;
    this.#up = false;
    this.#options.onDown?.();
    this.#retry(0, 0);
  }

  /** The pause counts from the start of the last attempt: one that timed out has waited long enough. */
  #retry(failures: number, tookMs: number): void {
    const pauseMs = Math.max(0, backoffMs(failures, this.#random) - tookMs);
    this.#cancelRetry = this.#clock.setTimer(() => {
      const startMs = this.#clock.nowMs();
      this.#client = new RedisClient(this.#options.address);
      this.#establish().catch(() => {
        if (!this.#closed) this.#retry(failures + 1, this.#clock.nowMs() - startMs);
      });
    }, pauseMs);
  }

  #keepAlive(): void {
    const { keepaliveMs } = this.#options;
    if (keepaliveMs === undefined) return;
    this.#cancelKeepalive = this.#clock.setTimer(
      () => {
        this.send('ping', []).catch(() => {});
        this.#keepAlive();
      },
      keepaliveMs,
      { background: true },
    );
  }

  #missed(call: Call, deadlineMs: number): void {
    call.reject(deadlineExceeded(this.address, deadlineMs));
    const { heard } = this.#client;
    if (call.heardBefore !== heard) return;
    if (this.#silence.heard !== heard) this.#silence = { heard, sinceMs: call.sentMs };
    const limitMs = Math.max(deadlineMs, this.#options.silenceMs ?? SILENCE_MS);
    if (this.#clock.nowMs() - this.#silence.sinceMs < limitMs) return;
    this.#client.destroy(unreachable(this.address, `it was silent for ${limitMs} ms`));
  }

  #callError(error: unknown): CachectlError {
    if (this.#closed) return new CachectlError('CLOSED', `the connection to ${this.address} is closed`);
    if (!this.#up) return unreachable(this.address, 'the connection is down and being restored');
    return redisError(this.#client.failure ?? error, this.address);
  }
}
