import { join } from 'node:path';
import type { Scenario } from '../config/scenario.ts';
import type { Environment } from './binaries.ts';
import { startMemcached } from './servers/memcached.ts';
import { startRedis } from './servers/redis.ts';
import { freePort, type PrivateServer } from './servers/server.ts';
import { Supervised } from './supervised.ts';
import type { Service, Target } from './target.ts';

/** The servers that were started for a run, and the target completed by their URLs. */
export interface PrivateServers {
  readonly target: Target;
  /** Those of `target` that are private. */
  readonly started: ReadonlySet<Service>;
  readonly servers: readonly PrivateServer[];
  stop(): Promise<void>;
}

/**
 * Starts what the scenario needs and the target does not give. When one fails, the others are stopped.
 * @param memcachedBy how a private memcached is reached: memjs knows no unix sockets
 */
export async function startMissing(
  scenario: Pick<Scenario, 'variants' | 'tiers'>,
  target: Target,
  env: Environment,
  memcachedBy: 'socket' | 'tcp' = 'socket',
): Promise<PrivateServers> {
  const used = new Set(scenario.variants.flatMap(({ tiers }) => tiers));
  const { redis, memcached } = scenario.tiers;
  const wants = { redis: used.has('redis'), memcached: used.has('memcached') };
  const outcomes = await Promise.allSettled([
    wants.redis && target.redis === undefined
      ? startRedis(env, { maxMemoryBytes: redis.maxMemoryBytes })
      : undefined,
    wants.memcached && target.memcached === undefined
      ? startMemcached(env, {
          listen: memcachedBy === 'tcp' ? await freePort() : 'socket',
          maxMemoryBytes: memcached.maxMemoryBytes,
        })
      : undefined,
    target.database === undefined ? startDatabaseFile() : undefined,
  ]);
  const [privateRedis, privateMemcached, privateDatabase] = outcomes.map((outcome) =>
    outcome.status === 'fulfilled' ? outcome.value : undefined,
  );
  const servers = [privateRedis, privateMemcached, privateDatabase].filter((server) => server !== undefined);
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop()));
  };
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  const started = new Set<Service>();
  if (privateRedis !== undefined) started.add('redis');
  if (privateMemcached !== undefined) started.add('memcached');
  if (privateDatabase !== undefined) started.add('database');
  return {
    target: {
      ...target,
      redis: target.redis ?? privateRedis?.url,
      memcached: target.memcached ?? privateMemcached?.url,
      database: target.database ?? privateDatabase?.url,
    },
    started,
    servers,
    stop,
  };
}

/** A directory for the embedded database, which ends with us as a server would. */
async function startDatabaseFile(): Promise<PrivateServer> {
  const directory = await Supervised.start('database');
  return {
    url: `sqlite:${join(directory.dir, 'cachectl.db')}`,
    pid: directory.pid,
    ended: directory.ended,
    stop: () => directory.stop(),
  };
}
