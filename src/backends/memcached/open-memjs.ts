import { CachectlError, isCachectlError } from '../../base/errors.ts';
import type { Backend } from '../backend.ts';
import type { LeaseStore } from '../lease.ts';
import { formatServer, formatServers, type ServerList } from './address.ts';
import type { ConnectionSettings } from './connection.ts';
import { unreachable } from './errors.ts';
import { factsOf } from './greeting.ts';
import { MemjsClient } from './memjs-client.ts';
import { type MemjsServer, MemjsTier } from './memjs-tier.ts';
import { Servers } from './servers.ts';
import { describeServers } from './stats.ts';

/** Opens a memcached through memjs: a client a server, on our own ring. */
export async function openMemjs(
  name: string,
  list: ServerList,
  settings: ConnectionSettings,
): Promise<Backend> {
  const clients = list.servers.map((address) => {
    if ('path' in address) throw new CachectlError('BAD_USAGE', 'memcached: memjs connects by TCP only');
    return new MemjsClient(address, { ...settings, credentials: list.credentials });
  });
  const closeAll = (): void => {
    for (const client of clients) client.close();
  };
  let reached: MemjsServer[];
  try {
    reached = await Promise.all(clients.map((client) => reach(client, settings)));
  } catch (error) {
    closeAll();
    throw error;
  }
  const tier = new MemjsTier(name, new Servers(reached, list.servers.map(formatServer)), settings.clock);
  const statsOf = (group: string): Promise<ReadonlyMap<string, string>[]> =>
    Promise.all(clients.map((client) => client.stats(group)));
  return {
    kind: 'memcached',
    address: formatServers(list),
    tier,
    lease: noLeases,
    describe: async () => describeServers(await statsOf(''), await statsOf('settings')),
    close: () => tier.close(),
  };
}

async function reach(client: MemjsClient, settings: ConnectionSettings): Promise<MemjsServer> {
  const { clock, connectTimeoutMs } = settings;
  try {
    const [stats, limits] = await Promise.all([
      client.stats('', connectTimeoutMs),
      client.stats('settings', connectTimeoutMs),
    ]);
    return { client, facts: factsOf(stats, limits, clock) };
  } catch (error) {
    if (!isCachectlError(error, 'DEADLINE_EXCEEDED')) throw error;
    throw unreachable(client.server, `did not answer within ${connectTimeoutMs} ms`, error);
  }
}

const refuse = async (): Promise<never> => {
  throw new CachectlError(
    'NOT_SUPPORTED',
    'memcached: leases need the meta commands, which SASL servers refuse',
    {
      hint: 'keep leases in Redis, or reach the server without SASL',
    },
  );
};

const noLeases: LeaseStore = { acquire: refuse, renew: refuse, release: refuse, close: async () => {} };
