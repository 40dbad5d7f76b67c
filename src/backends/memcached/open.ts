import { type Clock, systemClock } from '../../base/clock.ts';
import { CachectlError, isCachectlError } from '../../base/errors.ts';
import { type Random, systemRandom } from '../../base/random.ts';
import {
  type Backend,
  type ConnectionOptions,
  DEFAULT_CONNECT_TIMEOUT_MS,
  DEFAULT_DEADLINE_MS,
} from '../backend.ts';
import { formatServer, formatServers, parseServers, type ServerList } from './address.ts';
import { answersBinary } from './binary-probe.ts';
import { Connection, type ConnectionSettings } from './connection.ts';
import { authFailed } from './errors.ts';
import { MemcachedLeaseStore } from './lease.ts';
import { MemcachedLedger } from './ledger.ts';
import { openMemjs } from './open-memjs.ts';
import { StatLines } from './replies.ts';
import { Servers } from './servers.ts';
import { describeServers } from './stats.ts';
import { MemcachedTier } from './tier.ts';

export interface MemcachedOptions extends ConnectionOptions {
  /** `host:port`, `[ipv6]:port`, `unix:/path`, several separated by commas; `memcached://user:password@…` for SASL. */
  readonly servers: string;
  /**
   * `meta`: our own client. `memjs`: the binary protocol, which SASL servers insist on; without leases, lists of keys
   * and remaining TTLs. Default: `memjs` when the address has credentials, else `meta`.
   */
  readonly driver?: 'meta' | 'memjs' | undefined;
  /** The tier's name in metrics. Default `memcached`. */
  readonly name?: string | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

/** Below the 5 s that anything may take to say that a server is not there. */
const LONGEST_CONNECT_TIMEOUT_MS = 4500;

/**
 * Connects to all servers of the list.
 * @throws CachectlError `BAD_USAGE`, `SERVER_UNREACHABLE`, `AUTH_FAILED` or `WRONG_PROTOCOL`, within `connectTimeoutMs`
 */
export async function openMemcached(options: MemcachedOptions): Promise<Backend> {
  const list = parseServers(options.servers);
  const name = options.name ?? 'memcached';
  const settings: ConnectionSettings = {
    deadlineMs: options.deadlineMs ?? DEFAULT_DEADLINE_MS,
    connectTimeoutMs: Math.min(
      options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
      LONGEST_CONNECT_TIMEOUT_MS,
    ),
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom(),
  };
  const driver = options.driver ?? (list.credentials === undefined ? 'meta' : 'memjs');
  if (driver === 'memjs') return openMemjs(name, list, settings);
  if (list.credentials !== undefined) {
    throw new CachectlError('BAD_USAGE', 'memcached: the meta protocol takes no credentials', {
      hint: "use the driver 'memjs', or leave the credentials out",
    });
  }
  return openMeta(name, list, settings);
}

async function openMeta(name: string, list: ServerList, settings: ConnectionSettings): Promise<Backend> {
  const connections = list.servers.map((address) => new Connection(address, settings));
  try {
    await Promise.all(connections.map((connection) => openOne(connection, settings)));
  } catch (error) {
    for (const connection of connections) connection.close();
    throw error;
  }
  const servers = new Servers(connections, list.servers.map(formatServer));
  const tier = new MemcachedTier(name, servers, settings.deadlineMs, settings.clock);
  const lease = new MemcachedLeaseStore(servers, settings.deadlineMs, settings.clock);
  const statsOf = (command: string): Promise<ReadonlyMap<string, string>[]> =>
    Promise.all(connections.map((one) => one.batch((send) => send(command), new StatLines())));
  return {
    kind: 'memcached',
    address: formatServers(list),
    tier,
    lease,
    ...(tier.fenced !== undefined && {
      openLedger: (namespace: string) => new MemcachedLedger(namespace, servers, settings),
    }),
    describe: async () => describeServers(await statsOf('stats\r\n'), await statsOf('stats settings\r\n')),
    close: async () => {
      await lease.close();
      await tier.close();
    },
  };
}

/** A server that wants SASL closes a connection that speaks text, and says nothing. */
async function openOne(
  connection: Connection,
  { clock, connectTimeoutMs }: ConnectionSettings,
): Promise<void> {
  const startMs = clock.nowMs();
  try {
    await connection.open();
  } catch (error) {
    const leftMs = connectTimeoutMs - (clock.nowMs() - startMs);
    if (isCachectlError(error, 'SERVER_UNREACHABLE') && leftMs > 0) {
      const wantsSasl = await answersBinary(connection.address, leftMs, clock);
      if (wantsSasl) throw authFailed(connection.server, 'refuses the text protocol: it wants SASL');
    }
    throw error;
  }
}
