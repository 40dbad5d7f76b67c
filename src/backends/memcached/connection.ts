import { connect, type Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { isCachectlError, messageOf } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { formatServer, type ServerAddress } from './address.ts';
import {
  authFailed,
  closedError,
  deadlineExceeded,
  serverError,
  unreachable,
  wrongProtocol,
} from './errors.ts';
import { greet, type ServerFacts } from './greeting.ts';
import { Outbox } from './outbox.ts';
import {
  type Gatherer,
  type Pending,
  PendingQueue,
  PendingReplies,
  PendingReply,
  type ReadReply,
} from './pending.ts';
import { type ReplyReaders, replyReaders } from './replies.ts';
import { ProtocolError, type Reply, ReplyParser } from './reply.ts';

export interface ConnectionSettings {
  readonly deadlineMs: number;
  readonly connectTimeoutMs: number;
  readonly clock: Clock;
  readonly random: Random;
}

const RETRY_FIRST_MS = 25;
const RETRY_LAST_MS = 1000;
const READ_BUFFER_BYTES = 65_536;

/**
 * One socket to one server, shared by all callers. Requests of one microtask go out in one write; replies are
 * matched to requests by their order alone. A call that missed its deadline keeps its place in that order until
 * its reply has come, so that no reply reaches another call. A server that owes replies and sends nothing for
 * two deadlines (1 s at least) is taken as lost. A lost connection is tried again after 25 ms, then twice as long each time
 * up to 1 s, each time less a random part of up to a half; until then calls reject at once.
 */
export class Connection {
  readonly server: string;
  readonly address: ServerAddress;
  /** How this server's replies are read. */
  readonly read: ReplyReaders;
  readonly #settings: ConnectionSettings;
  readonly #pending = new PendingQueue();
  readonly #readBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  readonly #outbox = new Outbox(() => this.#socket);
  #socket: Socket | undefined;
  #facts: ServerFacts | undefined;
  #state: 'connecting' | 'up' | 'down' | 'closed' = 'down';
  #downReason: Error;
  #failures = 0;
  #lastHeardMs = 0;
  #cancelRetry = (): void => {};
  #cancelTimer: (() => void) | undefined;

  constructor(address: ServerAddress, settings: ConnectionSettings) {
    this.server = formatServer(address);
    this.address = address;
    this.read = replyReaders(this.server);
    this.#settings = settings;
    this.#downReason = unreachable(this.server, 'is not connected yet');
  }

  /** What the server told when the connection was made. */
  get facts(): ServerFacts {
    if (this.#facts === undefined) throw this.#downReason;
    return this.#facts;
  }

  /**
   * Connects and learns {@link facts}; does not try again when it fails.
   * @throws CachectlError `SERVER_UNREACHABLE`, `AUTH_FAILED`, `WRONG_PROTOCOL`, within `connectTimeoutMs`
   */
  async open(): Promise<void> {
    const { clock, connectTimeoutMs } = this.#settings;
    this.#state = 'connecting';
    const cancel = clock.setTimer(
      () => this.#lose(unreachable(this.server, `did not answer within ${connectTimeoutMs} ms`)),
      connectTimeoutMs,
    );
    try {
      const facts = await this.#connect();
      this.#becomeUp(facts);
    } catch (error) {
      this.#lose(
        isCachectlError(error)
          ? error
          : unreachable(this.server, `cannot be used: ${messageOf(error)}`, error),
      );
      throw this.#isClosed() ? closedError('connection') : this.#downReason;
    } finally {
      cancel();
    }
  }

  /** Sends a command, and a value after it, that gets exactly one reply. */
  request<T>(command: string, value: Uint8Array | undefined, read: ReadReply<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#state !== 'up') {
        reject(this.#whyNot());
        return;
      }
      this.#outbox.add(command, value);
      this.#await(new PendingReply(this.#due(), read, resolve, reject));
    });
  }

  /** Sends what `write` writes, in one piece, and gathers the replies to it. */
  batch<T>(write: (send: SendCommand) => void, gatherer: Gatherer<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#state !== 'up') {
        reject(this.#whyNot());
        return;
      }
      write((command, value) => this.#outbox.add(command, value));
      this.#await(new PendingReplies(this.#due(), gatherer, resolve, reject));
    });
  }

  /** Ends the connection; calls in flight and later ones reject with `CLOSED`. */
  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#cancelRetry();
    this.#drop(() => closedError('connection'));
  }

  #becomeUp(facts: ServerFacts): void {
    if (this.#state !== 'connecting') throw this.#downReason;
    this.#facts = facts;
    this.#state = 'up';
    this.#failures = 0;
  }

  #connect(): Promise<ServerFacts> {
    return new Promise((resolve, reject) => {
      const parser = new ReplyParser((reply) => this.#onReply(reply));
      const socket: Socket = connect({
        ...this.address,
        noDelay: true,
        keepAlive: true,
        onread: {
          buffer: this.#readBuffer,
          callback: (bytes) => this.#onBytes(socket, parser, bytes),
        },
      });
      this.#socket = socket;
      let failure: Error | undefined;
      socket.on('error', (error) => {
        failure = error;
      });
      socket.on('close', () => {
        const reason = unreachable(
          this.server,
          failure === undefined ? 'closed the connection' : `cannot be reached: ${messageOf(failure)}`,
          failure,
        );
        reject(reason);
        if (socket === this.#socket) this.#lose(reason);
      });
      socket.on('connect', () => {
        const ask = <T>(command: string, gatherer: Gatherer<T>): Promise<T> =>
          new Promise((answered, failed) => {
            this.#outbox.add(command, undefined);
            this.#pending.push(new PendingReplies(Infinity, gatherer, answered, failed));
          });
        greet(this.server, ask, this.#settings.clock).then(resolve, reject);
      });
    });
  }

  #onBytes(socket: Socket, parser: ReplyParser, bytes: number): boolean {
    if (socket !== this.#socket) return true;
    this.#lastHeardMs = this.#settings.clock.nowMs();
    try {
      parser.push(this.#readBuffer.subarray(0, bytes));
    } catch (error) {
      if (isCachectlError(error)) this.#lose(error);
      else if (!(error instanceof ProtocolError)) throw error;
      else if (this.#state === 'connecting') this.#lose(wrongProtocol(this.server, error.message));
      else this.#lose(serverError(this.server, error.message));
    }
    return true;
  }

  #onReply(reply: Reply): void {
    const head = this.#pending.head;
    if (head === undefined) throw new ProtocolError(`${reply.kind} that nobody asked for`);
    if (reply.line === 'CLIENT_ERROR unauthenticated') {
      throw authFailed(this.server, 'wants a password for the text protocol (-Y), which is not supported');
    }
    // After a command that the server did not understand, what follows may be anything.
    if (reply.kind === 'CLIENT_ERROR' && this.#state === 'up') throw serverError(this.server, reply.line);
    if (head.take(reply)) this.#pending.removeHead();
  }

  #due(): number {
    return this.#settings.clock.nowMs() + this.#settings.deadlineMs;
  }

  #await(pending: Pending): void {
    this.#pending.push(pending);
    if (this.#cancelTimer === undefined) this.#armTimer(this.#settings.deadlineMs);
  }

  #armTimer(ms: number): void {
    this.#cancelTimer = this.#settings.clock.setTimer(() => {
      // Replies that lie in the socket already are read first: the delay may be our own.
      setImmediate(() => this.#onTimer());
    }, ms);
  }

  /** All deadlines are equally long, so the oldest call's is the next; one timer serves all. */
  #onTimer(): void {
    this.#cancelTimer = undefined;
    if (this.#pending.isEmpty || this.#state !== 'up') return;
    const { clock, deadlineMs } = this.#settings;
    const nowMs = clock.nowMs();
    this.#pending.expire(nowMs, () => deadlineExceeded(this.server, deadlineMs));
    const silenceMs = Math.max(2 * deadlineMs, 1000);
    const lostAtMs = Math.max(this.#lastHeardMs, (this.#pending.head?.dueMs ?? 0) - deadlineMs) + silenceMs;
    if (nowMs >= lostAtMs) this.#lose(unreachable(this.server, 'has stopped answering'));
    else this.#armTimer(Math.max(1, Math.min(this.#pending.firstLive?.dueMs ?? Infinity, lostAtMs) - nowMs));
  }

  #whyNot(): Error {
    return this.#isClosed()
      ? closedError('connection')
      : unreachable(this.server, 'is down', this.#downReason);
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #lose(reason: Error): void {
    const wasUp = this.#state === 'up';
    if (this.#state === 'closed' || this.#state === 'down') return;
    this.#state = 'down';
    this.#downReason = reason;
    this.#drop(() =>
      isCachectlError(reason, 'SERVER_UNREACHABLE') ? unreachable(this.server, 'was lost', reason) : reason,
    );
    if (wasUp) this.#retryLater();
  }

  #retryLater(): void {
    const { clock, random } = this.#settings;
    const longest = Math.min(RETRY_LAST_MS, RETRY_FIRST_MS * 2 ** this.#failures++);
    this.#cancelRetry = clock.setTimer(
      () => {
        this.open().catch(() => {
          if (this.#state === 'down') this.#retryLater();
        });
      },
      longest * (1 - random.next() / 2),
      { background: true },
    );
  }

  #drop(error: () => Error): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
    this.#outbox.clear();
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#pending.clear(error);
  }
}

/** Adds a command, and the value after it, to a batch. */
export type SendCommand = (command: string, value?: Uint8Array) => void;
