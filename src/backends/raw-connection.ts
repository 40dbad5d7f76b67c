import { connect, type NetConnectOpts, type Socket } from 'node:net';
import type { CancelTimer, Clock } from '../base/clock.ts';
import { type CachectlError, isCachectlError } from '../base/errors.ts';
import { DEFAULT_CONNECT_TIMEOUT_MS } from './backend.ts';
import { ForeignBytes, RawAnswer, type RawOptions, type RawProtocol } from './raw-protocol.ts';
import { ReadBuffer } from './read-buffer.ts';
import { RequestBuffer } from './request-buffer.ts';

export type RawAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/** Who sends requests on a connection, and is told of what becomes of them. */
export interface RawCaller {
  /** Number of answers that are owed. */
  readonly awaited: number;
  /** For how many keys the request is whose answer comes next. */
  readonly nextKeys: number;
  /** Answers have come; {@link onAnswer} follows for each, and then {@link onRead}. */
  onArrival(): void;
  /** The answer to the oldest request; it and the bytes are good until this returns. */
  onAnswer(bytes: Buffer, answer: RawAnswer): void;
  onRead(): void;
  /** The connection is gone, and with it all answers that are owed. */
  onLost(error: CachectlError): void;
}

const RETRY_MS = 100;

/**
 * One socket to one server, for a load generator: whoever calls puts requests into {@link out} and counts the answers
 * himself. A lost connection is opened again every 100 ms until it is closed; until then {@link failure} says why.
 */
export class RawConnection {
  readonly protocol: RawProtocol;
  readonly out: RequestBuffer = new RequestBuffer();
  /** Why nothing can be sent; undefined when all is well. */
  failure: CachectlError | undefined;
  readonly #address: RawAddress;
  readonly #options: Pick<RawOptions, 'deadlineMs' | 'connectTimeoutMs' | 'clock'>;
  readonly #readInto: Buffer;
  readonly #unread = new ReadBuffer();
  readonly #answer = new RawAnswer();
  readonly #read = (bytes: Buffer, to: number): number => this.#readAnswers(bytes, to);
  #caller: RawCaller | undefined;
  /** While the connection is being made. */
  #greeting: Greeting | undefined;
  #socket: Socket | undefined;
  #cancelTimer: CancelTimer = () => {};
  #heard = false;
  #closed = false;

  /** @param readInto memory that what arrives is read into, at least 64 KiB; connections may share it */
  constructor(
    address: RawAddress,
    protocol: RawProtocol,
    options: Pick<RawOptions, 'deadlineMs' | 'connectTimeoutMs' | 'clock'>,
    readInto: Buffer,
  ) {
    this.#address = address;
    this.protocol = protocol;
    this.#options = options;
    this.#readInto = readInto;
    this.failure = protocol.lost(undefined);
  }

  /** @throws CachectlError `SERVER_UNREACHABLE`, `AUTH_FAILED`, `WRONG_PROTOCOL`; then nothing keeps running */
  async open(): Promise<void> {
    const { clock, connectTimeoutMs = DEFAULT_CONNECT_TIMEOUT_MS } = this.#options;
    try {
      await this.#connect(clock, connectTimeoutMs);
    } finally {
      this.#cancelTimer();
      this.#greeting = undefined;
    }
    if (this.#closed) throw this.protocol.lost(undefined);
    this.failure = undefined;
    this.#watch();
  }

  /** From now on answers go to this caller. */
  serve(caller: RawCaller): void {
    this.#caller = caller;
  }

  /** Sends what is in {@link out}, in one write. */
  flush(): void {
    const { out } = this;
    if (out.length === 0) return;
    const socket = this.#socket;
    if (socket === undefined) {
      out.clear();
      return;
    }
    socket.write(out.taken());
    // What the system has not taken yet must stay as it is.
    if (socket.writableLength === 0) out.clear();
    else out.renew();
  }

  close(): void {
    this.#closed = true;
    this.#drop();
  }

  #connect(clock: Clock, timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const { protocol } = this;
      const fail = (error: CachectlError): void => {
        this.#drop();
        reject(error);
      };
      this.#cancelTimer = clock.setTimer(() => fail(protocol.late(timeoutMs)), timeoutMs);
      this.#greeting = { left: protocol.greeting.answers, done: resolve, failed: fail };
      const socket = this.#open();
      let cause: Error | undefined;
      socket.on('error', (error) => (cause = error));
      socket.on('close', () => {
        if (socket === this.#socket) this.#lose(protocol.lost(cause));
      });
      socket.on('connect', () => {
        this.out.clear();
        this.out.add(protocol.greeting.bytes);
        this.flush();
      });
    });
  }

  #open(): Socket {
    const options: NetConnectOpts = {
      ...this.#address,
      noDelay: true,
      onread: {
        buffer: this.#readInto,
        callback: (length: number): boolean => {
          if (socket === this.#socket) this.#onBytes(length);
          return true;
        },
      },
    };
    const socket: Socket = connect(options);
    this.#unread.clear();
    this.#socket = socket;
    return socket;
  }

  #onBytes(length: number): void {
    this.#heard = true;
    const caller = this.#caller;
    try {
      if (this.#greeting !== undefined) {
        this.#unread.push(this.#readInto, length, (bytes, to) => this.#readGreeting(bytes, to));
        return;
      }
      if (caller === undefined) throw new ForeignBytes('an answer that nobody asked for');
      caller.onArrival();
      this.#unread.push(this.#readInto, length, this.#read);
      caller.onRead();
    } catch (error) {
      if (error instanceof ForeignBytes) this.#lose(this.protocol.foreign());
      else if (isCachectlError(error)) this.#lose(error);
      else throw error;
    }
  }

  #readGreeting(bytes: Buffer, to: number): number {
    const greeting = this.#greeting;
    let at = 0;
    while (greeting !== undefined && greeting.left > 0) {
      const end = this.protocol.read(bytes, at, to, 1, this.#answer);
      if (end < 0) return at;
      at = end;
      if (this.#answer.kind === 'error') throw this.protocol.refused(this.#answer.text);
      greeting.left--;
    }
    if (at < to) throw new ForeignBytes('more than was asked for');
    greeting?.done();
    return at;
  }

  /** It is called for every read and its calls for every answer, so that each of them has one kind of caller only. */
  #readAnswers(bytes: Buffer, to: number): number {
    const answer = this.#answer;
    const caller = this.#caller;
    let at = 0;
    while (at < to && caller !== undefined) {
      if (caller.awaited === 0) throw new ForeignBytes('an answer that nobody asked for');
      const end = this.protocol.read(bytes, at, to, caller.nextKeys, answer);
      if (end < 0) break;
      at = end;
      caller.onAnswer(bytes, answer);
    }
    return at;
  }

  /** Looks every deadline whether anything was heard while answers were owed. */
  #watch(): void {
    const { clock, deadlineMs } = this.#options;
    let owed = 0;
    this.#heard = false;
    const look = (): void => {
      const awaited = this.#caller?.awaited ?? 0;
      if (owed > 0 && !this.#heard && awaited > 0) {
        this.#lose(this.protocol.late(deadlineMs));
        return;
      }
      owed = awaited;
      this.#heard = false;
      this.#cancelTimer = clock.setTimer(look, deadlineMs);
    };
    look();
  }

  #lose(error: CachectlError): void {
    if (this.#socket === undefined) return;
    const greeting = this.#greeting;
    this.failure = error;
    this.#drop();
    if (greeting !== undefined) {
      greeting.failed(error);
      return;
    }
    this.#caller?.onLost(error);
    this.#retry();
  }

  #retry(): void {
    if (this.#closed) return;
    this.#cancelTimer = this.#options.clock.setTimer(() => {
      this.open().catch(() => this.#retry());
    }, RETRY_MS);
  }

  #drop(): void {
    this.#cancelTimer();
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
    this.out.clear();
  }
}

/** What is awaited before a connection is used. */
interface Greeting {
  left: number;
  readonly done: () => void;
  readonly failed: (error: CachectlError) => void;
}
