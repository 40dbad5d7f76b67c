import { expect, test } from 'vitest';
import { openMemory } from '../../../src/backends/memory/open.ts';
import { parseScenario } from '../../../src/config/scenario-file.ts';
import { createCache } from '../../../src/engine/index.ts';
import { enginePolicy, policyOf } from '../../../src/testbed/engine-policy.ts';

const { policies, variants } = parseScenario(
  `
name: x
kind: load
policies:
  aside: { key: 'aside:{id}', tiers: [l1, redis], ttl: { l1: 3s, redis: 5s } }
  through: { key: 'through:{id}', tiers: [l1], strategy: write-through, sliding: true }
variants: [{ id: a, tiers: [l1], policy: aside }, { id: b, tiers: [l1] }]
`,
  'f.yaml',
);
const [aside, through] = policies;
if (aside === undefined || through === undefined) throw new Error('the scenario has two policies');

test('is found by the name that a variant gives; without a name there is none', () => {
  expect(variants.map((variant) => policyOf({ policies }, variant)?.name)).toEqual(['aside', undefined]);
});

test('is used in the tiers of the variant alone, each with its own time to live', () => {
  expect(enginePolicy(aside, ['redis'])).toMatchObject({ tiers: ['redis'], ttl: { redis: 5000 } });
  expect(enginePolicy(aside, ['l1', 'redis']).ttl).toEqual({ l1: 3000, redis: 5000 });
  expect(enginePolicy(through, ['l1'])).toMatchObject({ sliding: true });
});

test('after a write the cache has the value with write-through, and none with cache-aside', async () => {
  const cache = createCache({
    namespace: 'test',
    tiers: [openMemory({ name: 'l1' })],
    policies: { aside: enginePolicy(aside, ['l1']), through: enginePolicy(through, ['l1']) },
  });
  for (const key of ['aside:1', 'through:1']) {
    await cache.set(key, 'old');
    await cache.write(key, 'new', async () => {});
  }
  expect([await cache.get('aside:1'), await cache.get('through:1')]).toEqual([undefined, 'new']);
  await cache.close();
});
