import { Redis } from 'ioredis';
import type { Clock } from '../../base/clock.ts';
import { settleWithin } from '../../base/deadline.ts';
import type { RedisAddress } from './address.ts';
import type { Call } from './call.ts';
import { redisError, unreachable, wrongProtocol } from './errors.ts';
import { JoinedWrites } from './joined-writes.ts';

/** What a server calls a connection, and which run of the server it is: numbers begin anew with each run. */
export interface Identity {
  readonly id: number;
  readonly run: string;
}

export interface EstablishOptions {
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Send all commands of one microtask run in one write. */
  readonly joinWrites: boolean;
  /** Done before the client counts as established, as SUBSCRIBE. */
  readonly prepare: ((redis: Redis) => Promise<unknown>) | undefined;
  /**
   * The connection that this one takes the place of. It is ended on the server before this one counts as
   * established: a server that hung would otherwise, on waking, still carry out what waits in the old socket.
   */
  readonly predecessor: Identity | undefined;
}

/**
 * One socket to a server, from connect to close. It never reconnects and never sends a command twice: all of
 * ioredis' own machinery for that is off, so that whoever owns the client decides (see RedisConnection).
 */
export class RedisClient {
  /** Chunks of bytes received. As long as it stands still, the server is silent. */
  heard = 0;
  /** Undefined when the server does not tell. */
  identity: Identity | undefined;
  readonly #redis: Redis;
  readonly #address: RedisAddress;
  #joined: JoinedWrites | undefined;
  #failure: unknown;

  constructor(address: RedisAddress) {
    this.#address = address;
    this.#redis = new Redis({
      ...address.socket,
      ...(address.tls === undefined ? {} : { tls: { ...address.tls } }),
      protocol: 2, // which every server speaks, subscriptions included
      lazyConnect: true,
      connectTimeout: 0,
      retryStrategy: null,
      enableOfflineQueue: false,
      enableReadyCheck: false,
      disableClientInfo: true,
    });
    this.#redis.on('error', (error: Error) => this.destroy(error));
  }

  /** Calls back once when the connection is gone and all its calls are settled. */
  onEnd(callback: () => void): void {
    if (this.#redis.status === 'end') queueMicrotask(callback);
    else this.#redis.once('end', callback);
  }

  /** Connects, logs in and checks who answers. When it rejects, nothing of the connection is left. */
  async establish(options: EstablishOptions): Promise<void> {
    const { shown, tls } = this.#address;
    const doubt = tls === undefined ? '' : ' (is it a server with TLS?)';
    const timeout = (): Error => unreachable(shown, `no answer within ${options.timeoutMs} ms${doubt}`);
    try {
      await settleWithin(this.#establish(options), options.timeoutMs, timeout, options.clock);
    } catch (error) {
      this.destroy();
      throw redisError(this.#failure ?? error, shown);
    }
  }

  send(call: Call): void {
    this.#joined?.join();
    this.#redis.sendCommand(call);
  }

  /** Closes the socket at once; calls in flight reject with `reason`. */
  destroy(reason?: Error): void {
    this.#failure ??= reason;
    const stream = this.#redis.stream as Redis['stream'] | undefined;
    // ioredis' own disconnect() waits up to 2 s for the server to hang up, and for a closed socket always that long
    if (stream === undefined) this.#redis.disconnect();
    else stream.destroy();
  }

  /** Why the connection ended; undefined when the server closed it. */
  get failure(): unknown {
    return this.#failure;
  }

  async #establish(options: EstablishOptions): Promise<void> {
    const redis = this.#redis;
    await redis.connect();
    redis.stream.on('data', () => this.heard++);
    if (options.joinWrites) this.#joined = new JoinedWrites(redis.stream);
    const { username, password, db, shown } = this.#address;
    const credentials = [...(username === undefined ? [] : [username]), password ?? ''];
    const replies = await Promise.all([
      ...(username === undefined && password === undefined ? [] : [redis.call('AUTH', ...credentials)]),
      ...(db === 0 ? [] : [redis.select(db)]),
      redis.ping(),
    ]);
    if (replies.at(-1) !== 'PONG') throw wrongProtocol(shown);
    await this.#succeed(options.predecessor);
    await options.prepare?.(redis);
  }

  async #succeed(predecessor: Identity | undefined): Promise<void> {
    const [id, info] = await Promise.all([
      unlessRefused(this.#redis.client('ID')),
      unlessRefused(this.#redis.info('server')),
    ]);
    const run = /^run_id:(\w+)/m.exec(info ?? '')?.[1];
    if (id === undefined || run === undefined) return;
    if (predecessor?.run === run) await unlessRefused(this.#redis.client('KILL', 'ID', predecessor.id));
    this.identity = { id, run };
  }
}

/** Undefined when the server forbids the command or does not know it. */
function unlessRefused<Reply>(reply: Promise<Reply>): Promise<Reply | undefined> {
  return reply.catch((error: unknown) => {
    if (error instanceof Error && error.name === 'ReplyError') return undefined;
    throw error;
  });
}
