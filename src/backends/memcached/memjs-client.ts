import { Socket } from 'node:net';
import { Client, Server } from 'memjs';
import type { Clock } from '../../base/clock.ts';
import { settleWithin } from '../../base/deadline.ts';
import { type CachectlError, isCachectlError, messageOf } from '../../base/errors.ts';
import { type Credentials, formatServer } from './address.ts';
import {
  authFailed,
  closedError,
  deadlineExceeded,
  serverError,
  unreachable,
  wrongProtocol,
} from './errors.ts';

/** memjs throws on every call once its counter passes 2^31. */
const RESET_COUNTER_AT = 2 ** 30;

/** First byte of every reply of the binary protocol. */
const RESPONSE_MAGIC = 0x81;

export interface MemjsSettings {
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly credentials: Credentials | undefined;
}

/**
 * memjs for one server, made safe. What memjs 1.3 does of itself, and what is done about it here: calls in flight
 * never settle when the server closes (a deadline, and its own error path is called); after a lost connection the
 * next one may be out of step (the client is thrown away at every loss, deadline and refusal); it sends again what
 * may have been done (one attempt only); it logs to stdout (a silent logger); it takes credentials from the
 * environment (set, always); it throws after 2^31 calls (its counter is set back).
 */
export class MemjsClient {
  readonly server: string;
  readonly #host: string;
  readonly #port: number;
  readonly #settings: MemjsSettings;
  #current: Driver | undefined;
  #closed = false;

  constructor(address: { readonly host: string; readonly port: number }, settings: MemjsSettings) {
    this.server = formatServer(address);
    this.#host = address.host;
    this.#port = address.port;
    this.#settings = settings;
  }

  /** Runs one memjs call under the deadline, which is `deadlineMs` where another than the usual one is wanted. */
  async call<T>(
    work: (client: Client) => Promise<T>,
    deadlineMs: number = this.#settings.deadlineMs,
  ): Promise<T> {
    if (this.#closed) throw closedError('connection');
    const current = (this.#current ??= this.#open());
    // Replies carry the number of their request, so that a few are enough.
    if (current.client.seq >= RESET_COUNTER_AT) (current.client as { seq: number }).seq = 0;
    const late = (): Error => deadlineExceeded(this.server, deadlineMs);
    try {
      const answer = work(current.client);
      this.#watch(current);
      return await settleWithin(answer, deadlineMs, late, this.#settings.clock);
    } catch (error) {
      const known = this.#explain(error, current);
      if (isCachectlError(known, 'DEADLINE_EXCEEDED', 'SERVER_UNREACHABLE', 'AUTH_FAILED', 'WRONG_PROTOCOL'))
        this.#discard(current);
      throw known;
    }
  }

  /** `stats`, or one group of it as `settings`. */
  stats(group: string, deadlineMs?: number): Promise<ReadonlyMap<string, string>> {
    return this.call(
      (client) =>
        new Promise((resolve, reject) => {
          client.statsWithKey(group, (error, _server, stats) => {
            if (error === null) resolve(new Map(Object.entries(stats ?? {})));
            else reject(error);
          });
        }),
      deadlineMs,
    );
  }

  close(): void {
    this.#closed = true;
    if (this.#current !== undefined) this.#discard(this.#current);
  }

  #open(): Driver {
    // Ours is the only deadline: memjs's own leaves the socket open.
    const seconds = 3600;
    const { user, password } = this.#settings.credentials ?? { user: undefined, password: undefined };
    const server = new Server(this.#host, this.#port, user, password, {
      timeout: seconds,
      conntimeout: seconds,
    });
    Object.assign(server, { username: user, password });
    return {
      client: new Client([server], { retries: 1, logger: { log: () => {} } }),
      server,
      watched: false,
    };
  }

  /** memjs makes its socket at the first call, and does not tell when it closes. */
  #watch(driver: Driver): void {
    if (driver.watched) return;
    const socket: unknown = Reflect.get(driver.server, '_socket');
    if (!(socket instanceof Socket)) return;
    socket.once('close', () => this.#discard(driver));
    driver.watched = true;
  }

  #discard(driver: Driver): void {
    if (this.#current === driver) this.#current = undefined;
    // Fails what is in flight and destroys the socket.
    driver.server.error(new Error('the connection was lost'));
  }

  #explain(error: unknown, { server }: Driver): CachectlError {
    const [firstByte = RESPONSE_MAGIC] = server.responseBuffer;
    if (firstByte !== RESPONSE_MAGIC)
      return wrongProtocol(this.server, server.responseBuffer.toString('latin1'));
    if (isCachectlError(error)) return error;
    const text = messageOf(error);
    if (text.includes('authentication failed')) {
      return authFailed(this.server, 'rejected the user name or password');
    }
    if (text.startsWith('MemJS ')) return serverError(this.server, text.slice(text.indexOf(': ') + 2));
    return unreachable(this.server, `cannot be reached: ${text}`, error);
  }
}

interface Driver {
  readonly client: Client;
  readonly server: Server;
  watched: boolean;
}
