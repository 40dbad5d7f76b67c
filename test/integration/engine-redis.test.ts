import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openMemory } from '../../src/backends/memory/open.ts';
import { openRedis } from '../../src/backends/redis/open.ts';
import { type Cache, createCache } from '../../src/engine/index.ts';
import { startRedis } from '../../src/testbed/servers/redis.ts';
import { freePort, type PrivateServer } from '../../src/testbed/servers/server.ts';
import { eventually } from '../contract/tier-contract.ts';

describe('the engine over a real Redis', () => {
  let server: PrivateServer;
  let client: Redis;
  const open: Cache[] = [];
  beforeEach(async () => {
    server = await startRedis(process.env, { listen: await freePort() });
    client = new Redis(server.url);
    client.on('error', () => {});
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((cache) => cache.close()));
    client.disconnect();
    await server.stop();
  });

  async function instance(track = false): Promise<Cache> {
    const redis = await openRedis({ url: server.url });
    const bus = redis.openBus?.('shop:~bus', track ? { track: 'shop:' } : {});
    const cache = createCache({
      namespace: 'shop',
      tiers: [
        { tier: openMemory(), ttl: '1m' },
        { tier: redis, ttl: '10m' },
      ],
      ...(bus === undefined ? {} : { coherence: { bus } }),
    });
    open.push(cache);
    return cache;
  }

  test('a purge by redis-cli is heard, and so is FLUSHALL', async () => {
    const cache = await instance(true);
    const fill = async (): Promise<void> => {
      await cache.set('product:1', 'old');
      await cache.set('product:2', 'old');
      // the server also tells of what this process wrote itself, so memory has it from the next read on
      await eventually(async () => {
        await cache.getMany(['product:1', 'product:2']);
        expect([cache.peek('product:1'), cache.peek('product:2')]).toEqual(['old', 'old']);
      });
    };
    await fill();
    await client.unlink('shop:product:1');
    await eventually(async () => expect(cache.peek('product:1')).toBeUndefined());
    expect(await cache.get('product:2')).toBe('old');
    await fill();
    await client.flushall();
    await eventually(async () => expect(cache.peek('product:2')).toBeUndefined());
    expect(await cache.get('product:2')).toBeUndefined();
  });

  test('while Redis is stopped reads go on with what is left, within the bound; afterwards it is used again', async () => {
    const [a, b] = await Promise.all([instance(), instance()]);
    await a.set('k', 'old');
    expect(await b.get('k')).toBe('old');
    process.kill(server.pid, 'SIGSTOP');
    try {
      const start = performance.now();
      expect(await b.getOrLoad('cold', () => 'loaded')).toBe('loaded');
      expect(performance.now() - start).toBeLessThan(1000);
      await expect(a.delete('k')).rejects.toMatchObject({
        code: expect.stringMatching(/DEADLINE|UNREACHABLE/u),
      });
      await eventually(async () => expect(b.peek('k')).toBeUndefined());
      expect(await b.getOrLoad('k', () => 'from the origin')).toBe('from the origin');
    } finally {
      process.kill(server.pid, 'SIGCONT');
    }
    // the invalidation that could not be delivered is repeated, and what was filled meanwhile is gone
    await eventually(async () => expect(a.underWay()['retries']).toBe(0));
    await eventually(async () => expect(await client.get('shop:k')).toBeNull());
    await a.set('again', 1);
    await eventually(async () => expect(await b.get('again')).toBe(1));
  });

  test('a value that does not fit is an error of that write, and of no other', async () => {
    const cache = await instance();
    await client.config('SET', 'maxmemory-policy', 'noeviction');
    await client.config('SET', 'maxmemory', '1');
    expect(await cache.getOrLoad('k', () => 'value')).toBe('value');
    await expect(cache.set('k', 'other')).rejects.toMatchObject({ code: 'SERVER_ERROR' });
    expect(await cache.getOrLoad('k', () => 'again')).toBe('again');
  });
});
