import KeyvRedis from '@keyv/redis';
import { Cacheable, CacheableMemory, Keyv } from 'cacheable';
import { Redis } from 'ioredis';
import { type Library, TTL_MS } from './peer.ts';

type Provider = Extract<
  NonNullable<NonNullable<ConstructorParameters<typeof Cacheable>[0]>['sync']>,
  { qified: unknown }
>['qified'];

/** What its documentation calls a message provider; ours is over ioredis, with its reconnects. */
function provider(url: string): Extract<Provider, { subscriptions: unknown }> {
  const sending = new Redis(url);
  const hearing = new Redis(url);
  const provided: ReturnType<typeof provider> = {
    id: url,
    subscriptions: new Map(),
    publish: async (topic, message) => {
      await sending.publish(topic, JSON.stringify({ ...message, providerId: url }));
    },
    subscribe: async (topic, handler) => {
      provided.subscriptions.set(topic, [...(provided.subscriptions.get(topic) ?? []), handler]);
      await hearing.subscribe(topic);
    },
    unsubscribe: async (topic) => {
      provided.subscriptions.delete(topic);
      await hearing.unsubscribe(topic);
    },
    disconnect: async () => {
      sending.disconnect();
      hearing.disconnect();
    },
  };
  hearing.on('message', (topic, text) => {
    for (const { handler } of provided.subscriptions.get(topic) ?? []) {
      void handler(JSON.parse(text) as Parameters<typeof handler>[0]);
    }
  });
  return provided;
}

/** Two stores and CacheableSync, as at https://cacheable.org/docs/cacheable. */
export const cacheable: Library = {
  name: 'cacheable',
  bus: 'yes',
  open: async ({ url, memoryEntries }) => {
    const bus = provider(url);
    const cache = new Cacheable({
      primary: new Keyv({ store: new CacheableMemory({ lruSize: memoryEntries }) }),
      secondary: new Keyv({ store: new KeyvRedis(url) }),
      ttl: TTL_MS,
      sync: { qified: bus },
    });
    return {
      getOrLoad: (key, load) => cache.getOrSet(key, load, { throwErrors: true }),
      delete: (key) => cache.delete(key),
      close: async () => {
        await bus.disconnect();
        await cache.disconnect();
      },
    };
  },
};
