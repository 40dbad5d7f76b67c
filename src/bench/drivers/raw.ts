import { openRawMemcached } from '../../backends/memcached/open-raw.ts';
import type { RawConnection } from '../../backends/raw-connection.ts';
import type { RawOptions } from '../../backends/raw-protocol.ts';
import { openRawRedis } from '../../backends/redis/open-raw.ts';
import { COUNTER_MARK, keyShape } from '../../workload/key-names.ts';
import {
  BARE_DEADLINE_MS,
  type DriverContext,
  type DriverSpec,
  serverTier,
  type ServerTier,
} from './driver.ts';
import { RawLane } from './raw-lane.ts';

const SERVERS: readonly ServerTier[] = ['redis', 'memcached'];

/** Bytes on bare sockets: the least that a client can cost, and so the floor that the others are measured from. */
export const raw: DriverSpec = {
  title: 'raw',
  speaks: SERVERS,
  lacks: [],
  open: async (context) => {
    const { values, loadOrigin, batchOf, clock } = context;
    let version = 1;
    const parts = { values, loadOrigin, batchOf, clock, nextVersion: () => ++version };
    const connections = await connect(context);
    const lanes = connections.map((connection, slot) => new RawLane(connection, slot, parts));
    return {
      driver: {
        begin: (operation, key, slot, due, sent) => lanes[slot]!.begin(operation, key, due, sent),
        listen: (events) => {
          for (const lane of lanes) lane.listen(events);
        },
      },
      close: async () => {
        for (const connection of connections) connection.close();
      },
    };
  },
};

function connect({
  scenario,
  tiers,
  target,
  cache,
  clock,
}: DriverContext): Promise<readonly RawConnection[]> {
  const server = serverTier(tiers, SERVERS) ?? 'redis';
  const { lead, digits } = keyShape(scenario.keyspace.keyBytes);
  const options: RawOptions = {
    lead: `${cache.namespace}:${lead}`,
    counterLead: `${cache.namespace}:${COUNTER_MARK}${lead}`,
    digits,
    ttlMs: Math.max(1, Math.round(scenario.tiers[server].ttlMs)),
    connections: scenario.load.connections,
    deadlineMs: BARE_DEADLINE_MS,
    connectTimeoutMs: target.connectTimeoutMs,
    clock,
  };
  return server === 'redis'
    ? openRawRedis(target.redis ?? '', options)
    : openRawMemcached(target.memcached ?? '', options);
}
