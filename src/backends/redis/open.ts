import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import {
  type Backend,
  type ConnectionOptions,
  DEFAULT_CONNECT_TIMEOUT_MS,
  DEFAULT_DEADLINE_MS,
} from '../backend.ts';
import { parseRedisUrl, type RedisTlsOptions } from './address.ts';
import { RedisBus } from './bus.ts';
import { RedisConnection, type RedisConnectionOptions } from './connection.ts';
import { describeServer } from './info.ts';
import { RedisLeaseStore } from './lease.ts';
import { RedisLedger } from './ledger.ts';
import { RedisLimiter } from './limiter.ts';
import { RedisQueue } from './queue.ts';
import { RedisTier } from './tier.ts';

export interface RedisOptions extends ConnectionOptions {
  /** `redis://[user:password@]host[:port][/db]`, `rediss://…` or `redis+unix:///path[?db=N]`. */
  readonly url: string;
  /** Only with `rediss://`. */
  readonly tls?: RedisTlsOptions | undefined;
  /** The tier's name in metrics. Default `redis`. */
  readonly name?: string | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

/**
 * Connects to one Redis or Valkey server and logs in.
 * @throws CachectlError `BAD_USAGE` for a wrong URL; `SERVER_UNREACHABLE`, `AUTH_FAILED` or `WRONG_PROTOCOL`
 */
export async function openRedis(options: RedisOptions): Promise<Backend> {
  const connecting: RedisConnectionOptions = {
    address: parseRedisUrl(options.url, options.tls),
    deadlineMs: options.deadlineMs ?? DEFAULT_DEADLINE_MS,
    connectTimeoutMs: options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
    clock: options.clock,
    random: options.random,
  };
  const connection = await RedisConnection.open(connecting);
  const tier = new RedisTier(connection, options.name ?? 'redis');
  const lease = new RedisLeaseStore(connection);
  const buses: RedisBus[] = [];
  const queues: RedisQueue[] = [];
  const ledgers: RedisLedger[] = [];
  return {
    kind: 'redis',
    address: connection.address,
    tier,
    openBus: (channel, busOptions) => {
      const bus = new RedisBus(channel, connection, connecting, busOptions);
      buses.push(bus);
      return bus;
    },
    lease,
    openQueue: (name) => {
      const queue = new RedisQueue(name, connection, connecting);
      queues.push(queue);
      return queue;
    },
    limiter: new RedisLimiter(connection),
    openLedger: (namespace) => {
      const ledger = new RedisLedger(connection, namespace);
      ledgers.push(ledger);
      return ledger;
    },
    describe: () => describeServer(connection),
    close: async () => {
      await Promise.all(queues.map((queue) => queue.close()));
      connection.close();
      for (const ledger of ledgers) ledger.close();
      await Promise.all([tier.close(), lease.close(), ...buses.map((bus) => bus.close())]);
    },
  };
}
