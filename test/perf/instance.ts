/*
 * One application instance of a benchmark, as a process of its own: a cache over memory and the Redis server named
 * by its first argument. It does what the parent process says, and answers.
 */
import { createCache } from '../../src/engine/index.ts';
import { openMemory } from '../../src/backends/memory/open.ts';
import { openRedis } from '../../src/backends/redis/open.ts';

export type Order =
  | { readonly do: 'stampede'; readonly key: string; readonly callers: number; readonly loadMs: number }
  | { readonly do: 'watch'; readonly key: string }
  | { readonly do: 'invalidate'; readonly key: string };

export type Told =
  | { readonly tell: 'ready' }
  | { readonly tell: 'loading' }
  | { readonly tell: 'done'; readonly loads: number; readonly values: number }
  | { readonly tell: 'watching' }
  | { readonly tell: 'dropped'; readonly atNs: string }
  | { readonly tell: 'acknowledged'; readonly atNs: string };

const [, , url = ''] = process.argv;
const cache = createCache({
  namespace: 'bench',
  tiers: [
    { tier: openMemory(), ttl: '1m' },
    { tier: await openRedis({ url }), ttl: '15m' },
  ],
});

const tell = (told: Told): void => void process.send?.(told);

async function stampede({ key, callers, loadMs }: Extract<Order, { do: 'stampede' }>): Promise<void> {
  let loads = 0;
  const loader = async (): Promise<string> => {
    loads++;
    tell({ tell: 'loading' });
    await new Promise((resolve) => setTimeout(resolve, loadMs));
    return `loaded by ${process.pid}`;
  };
  const values = await Promise.all(
    Array.from({ length: callers }, () => cache.getOrLoad<string>(key, loader)),
  );
  tell({ tell: 'done', loads, values: values.filter((value) => value.startsWith('loaded')).length });
}

/** Has the key in memory, and looks at every turn of the event loop whether it is still there. */
async function watch(key: string): Promise<void> {
  await cache.getOrLoad(key, () => 'watched');
  tell({ tell: 'watching' });
  const look = (): void => {
    if (cache.peek(key) === undefined) tell({ tell: 'dropped', atNs: String(process.hrtime.bigint()) });
    else setImmediate(look);
  };
  look();
}

process.on('message', (order: Order) => {
  if (order.do === 'stampede') void stampede(order);
  else if (order.do === 'watch') void watch(order.key);
  else
    void cache
      .delete(order.key)
      .then(() => tell({ tell: 'acknowledged', atNs: String(process.hrtime.bigint()) }));
});
process.on('disconnect', () => process.exit());

await cache.getOrLoad('warm-up', () => 'done');
tell({ tell: 'ready' });
