import { expect, test } from 'vitest';
import { parseScenario } from '../../../../src/config/scenario-file.ts';

const parse = (text: string): ReturnType<typeof parseScenario> =>
  parseScenario(`name: x\nkind: eviction\n${text}`, 'x.yaml');

test('there is a variant for each policy and size', () => {
  const { variants } = parse('eviction: { sizes: [12.5%, 50%], policies: [sieve, s3-fifo] }');
  expect(
    variants.map(({ id, title, room, engine, tiers }) => [id, title, room, engine.eviction, tiers]),
  ).toEqual([
    ['sieve-12_5', 'SIEVE, 12.5%', 0.125, 'sieve', ['l1']],
    ['sieve-50', 'SIEVE, 50%', 0.5, 'sieve', ['l1']],
    ['s3-fifo-12_5', 'S3-FIFO, 12.5%', 0.125, 's3-fifo', ['l1']],
    ['s3-fifo-50', 'S3-FIFO, 50%', 0.5, 's3-fifo', ['l1']],
  ]);
});

test('a server has a variant for each bound of its memory', () => {
  const { variants } = parse('eviction: { tier: memcached, memory: [8MiB, 1.5GiB] }');
  expect(variants).toMatchObject([
    { id: 'memcached-8', title: 'Memcached, 8 MiB', tiers: ['memcached'], maxMemoryBytes: 8 * 2 ** 20 },
    { id: 'memcached-1536', tiers: ['memcached'], maxMemoryBytes: 1536 * 2 ** 20 },
  ]);
});

test('variants of its own have the room that they say', () => {
  const { variants } = parse('variants: [{ id: behind, tiers: [l1, redis], room: 5% }]');
  expect(variants).toMatchObject([{ id: 'behind', tiers: ['l1', 'redis'], room: 0.05 }]);
});

test.for([
  ['a size twice', 'sizes: [5%, 5%]', /a size is named twice/],
  ['a policy twice', 'policies: [lru, lru]', /a policy is named twice/],
  ['no room at all', 'sizes: [0%]', /expected a share over 0%/],
  ['a policy of a server', 'tier: redis, policies: [lru]', /this key needs tier: l1/],
  ['an unknown policy', 'policies: [clock]', /lru/],
] as const)('%s is wrong', ([, text, said]) => {
  expect(() => parse(`eviction: { ${text} }`)).toThrow(said);
});
