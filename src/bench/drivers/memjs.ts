import { openMemjsPool } from '../../backends/memcached/memjs-pool.ts';
import { actsOfClient } from './client.ts';
import { BARE_DEADLINE_MS, type DriverSpec } from './driver.ts';

/** The bare Memcached client, one socket a connection to each server. */
export const memjs: DriverSpec = {
  title: 'bare memjs',
  speaks: ['memcached'],
  lacks: [],
  open: async (context) => {
    const { scenario, target, clock } = context;
    const pool = openMemjsPool({
      servers: target.memcached ?? '',
      connections: scenario.load.connections,
      deadlineMs: BARE_DEADLINE_MS,
      clock,
    });
    return {
      driver: actsOfClient(pool, scenario.tiers.memcached.ttlMs, context),
      close: () => pool.close(),
    };
  },
};
