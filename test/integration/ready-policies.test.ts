import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { delay } from '../../src/base/deadline.ts';
import type { Backend } from '../../src/backends/backend.ts';
import { openMemory } from '../../src/backends/memory/open.ts';
import { openRedis } from '../../src/backends/redis/open.ts';
import { type Cache, createCache } from '../../src/engine/index.ts';
import { queueWrites } from '../../src/engine/queued-writes.ts';
import { sessionPolicy, sessions } from '../../src/engine/sessions.ts';
import { startWriteBehind } from '../../src/engine/write-behind.ts';
import { startRedis } from '../../src/testbed/servers/redis.ts';
import type { PrivateServer } from '../../src/testbed/servers/server.ts';
import { eventually } from '../contract/tier-contract.ts';

const SECRET = 'a secret of 16 bytes or more';
const pass = (ms: number): Promise<void> => delay(systemClock, ms);

interface Instance {
  readonly backend: Backend;
  readonly cache: Cache;
}

async function instance(url: string): Promise<Instance> {
  const backend = await openRedis({ url, deadlineMs: 5000 });
  const cache = createCache({
    namespace: 'shop',
    tiers: [openMemory(), backend],
    policies: {
      sessions: sessionPolicy({ ttl: '800ms' }),
      products: { key: 'product:{id}', strategy: 'write-behind' },
    },
  });
  return { backend, cache };
}

// Until Policy.sliding, SetOptions.tags, Cache.invalidate and Cache.write are implemented.
const IS_WHOLE = true;

describe.runIf(IS_WHOLE)('policies of the whole engine, two instances over Redis', () => {
  let server: PrivateServer;
  let here: Instance;
  let there: Instance;
  beforeEach(async () => {
    server = await startRedis(process.env);
    [here, there] = await Promise.all([instance(server.url), instance(server.url)]);
    return async () => {
      await Promise.all([here.cache.close(), there.cache.close()]);
      await Promise.all([here.backend.close(), there.backend.close()]);
    };
  });
  afterEach(() => server.stop());

  test('a session lives as long as one instance uses it, and ends when nobody does', async () => {
    const mine = sessions(here.cache, { secret: SECRET });
    const theirs = sessions(there.cache, { secret: SECRET });
    await mine.set('s1', { cart: 1 });
    for (let i = 0; i < 4; i++) {
      await pass(400);
      expect(await (i % 2 === 0 ? mine.touch('s1') : theirs.touch('s1'))).toBe(true);
    }
    await pass(1000);
    expect([await mine.get('s1'), await theirs.get('s1')]).toEqual([undefined, undefined]);
  });

  test('at log-out all sessions of the user fall in all instances, and no others', async () => {
    const mine = sessions(here.cache, { secret: SECRET });
    const theirs = sessions(there.cache, { secret: SECRET });
    await mine.set('s1', { cart: 1 }, { user: 'ann' });
    await theirs.set('s2', { cart: 2 }, { user: 'ann' });
    await mine.set('s3', { cart: 3 }, { user: 'bob' });
    for (const id of ['s1', 's2', 's3']) {
      expect([await mine.get(id), await theirs.get(id)]).not.toContain(undefined);
    }
    await mine.scopeOf('ann').destroy();
    expect([await mine.get('s1'), await mine.get('s2')]).toEqual([undefined, undefined]);
    await eventually(async () => {
      expect([await theirs.get('s1'), await theirs.get('s2')]).toEqual([undefined, undefined]);
    }, 1000);
    expect([await mine.get('s3'), await theirs.get('s3')]).toEqual([{ cart: 3 }, { cart: 3 }]);
  });

  test('a write-behind write is served at once by all, and reaches the database', async () => {
    const rows = new Map<string, unknown>();
    const queue = here.backend.openQueue?.('writes');
    if (queue === undefined) throw new Error('redis has queues');
    await here.cache.write('product:7', { price: 2 }, (value) =>
      queueWrites(queue, [{ key: 'product:7', value }]),
    );
    expect(await there.cache.get('product:7')).toEqual({ price: 2 });
    const worker = startWriteBehind({
      queue,
      apply: (writes) => writes.forEach(({ key, value }) => rows.set(key, value)),
      onPoison: () => {},
    });
    expect(await worker.close()).toBe(true);
    expect(rows).toEqual(new Map([['product:7', { price: 2 }]]));
  });
});
