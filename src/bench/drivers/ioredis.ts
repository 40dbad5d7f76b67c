import { openRedisPool } from '../../backends/redis/pool.ts';
import { actsOfClient } from './client.ts';
import { BARE_DEADLINE_MS, type DriverSpec } from './driver.ts';

/** The bare Redis client, one socket a connection: what the engine is compared with. */
export const ioredis: DriverSpec = {
  title: 'bare ioredis',
  speaks: ['redis'],
  lacks: [],
  open: async (context) => {
    const { scenario, target } = context;
    const pool = await openRedisPool({
      url: target.redis ?? '',
      connections: scenario.load.connections,
      deadlineMs: BARE_DEADLINE_MS,
      connectTimeoutMs: target.connectTimeoutMs,
    });
    return {
      driver: actsOfClient(pool, scenario.tiers.redis.ttlMs, context),
      close: () => pool.close(),
    };
  },
};
