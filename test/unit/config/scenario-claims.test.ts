import { describe, expect, test } from 'vitest';
import type { CachectlError } from '../../../src/base/errors.ts';
import { parseScenario } from '../../../src/config/scenario-file.ts';
import { errorOf } from './error-of.ts';

const MINIMAL = 'name: x\nkind: load\n';

const problemsOf = (text: string): readonly string[] => {
  const error: CachectlError = errorOf(() => parseScenario(MINIMAL + text, 'f.yaml'), 'BAD_SCENARIO');
  return error.problems.map(({ line, column, key, message }) => `${line}:${column} ${key ?? ''}: ${message}`);
};

test('claims have the place of their condition, where it is judged to be wrong', () => {
  const { claims } = parseScenario(
    `${MINIMAL}claims:
  - what: It is quick
    claimed: 150 → 5 ms
    source: A document, 2
    holds_if: latency.p50 <= 5ms
`,
    'f.yaml',
  );
  expect(claims).toEqual([
    {
      what: 'It is quick',
      claimed: '150 → 5 ms',
      source: 'A document, 2',
      expression: 'latency.p50 <= 5ms',
      origin: 'f.yaml:7',
    },
  ]);
});

test('every part of a claim is needed', () => {
  expect(problemsOf('claims: [{ what: a, claimed: 5, holds_if: x }]')).toEqual([
    '3:10 claims[0].source: expected the document and the place in it; the key is missing',
    "3:30 claims[0].claimed: expected the figure as the source has it, such as '150 → 5 ms'; found 5",
  ]);
});

test('policies are as in cachectl.yaml, with the times to live of the tiers of the scenario', () => {
  const { policies, variants } = parseScenario(
    `${MINIMAL}tiers: { redis: { ttl: 7s } }
policies: { stock: { key: 'stock:{id}', on: [stock.changed] }, calls: { key: 'c:{id}', strategy: counter, limit: 5 } }
variants: [{ id: a, tiers: [redis], policy: stock }, { id: b, tiers: [], policy: stock }, { id: c, tiers: [redis] }]
`,
    'f.yaml',
  );
  expect(policies).toMatchObject([
    { name: 'stock', tiers: ['redis'], ttlMs: { redis: 7000 }, invalidation: 'event' },
    { name: 'calls', strategy: 'counter', limit: 5 },
  ]);
  expect(variants.map(({ policy }) => policy)).toEqual(['stock', 'stock', undefined]);
});

describe('a policy that a variant cannot drive is refused', () => {
  const policy = (settings: string, tiers = '[redis]'): string =>
    `policies: { p: { key: 'p:{id}', ${settings} } }\nvariants: [{ id: a, tiers: ${tiers}, policy: p }]\n`;

  test.for([
    ['no such policy', 'policies: {}\nvariants: [{ id: a, tiers: [], policy: p }]', "no policy 'p'"],
    ['write-behind', policy('strategy: write-behind'), "the policy 'p' is write-behind"],
    ['a counter without a limit', policy('strategy: counter'), 'has no limit'],
    ['a counter without a tier', policy('strategy: counter, limit: 5', '[]'), 'needs its tier'],
    [
      'a counter in Memcached',
      policy('strategy: counter, limit: 5, tiers: [memcached]', '[memcached]'),
      'cannot count',
    ],
    ['a tier of others', policy('tiers: [redis]', '[l1, redis]'), "does not use the tier 'l1'"],
    ['a limit of no counter', policy('limit: 5'), 'this key needs strategy: counter'],
    [
      'a key without parameters',
      "policies: { p: { key: 'p' } }\nvariants: [{ id: a, tiers: [redis], policy: p }]",
      'has one key',
    ],
  ] as const)('%s', ([, text, message]) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
  });
});

test('users think in a closed loop alone', () => {
  expect(parseScenario(`${MINIMAL}load: { think: 2s }\n`, 'f.yaml').load).toEqual({
    model: 'closed',
    connections: 50,
    pipeline: 1,
    thinkMs: 2000,
  });
  expect(problemsOf('load: { model: open, think: 2s }')).toEqual([
    '3:29 load.think: this key needs model: closed',
  ]);
});

test('only a plain load drives policies', () => {
  const text =
    "name: x\nkind: stampede\npolicies: { p: { key: 'p:{id}' } }\nvariants: [{ id: a, tiers: [redis], policy: p }]\n";
  const { problems } = errorOf(() => parseScenario(text, 'f.yaml'), 'BAD_SCENARIO');
  expect(problems.map(({ key, message }) => `${key}: ${message}`)).toEqual([
    'variants[0].policy: this key needs kind: load',
  ]);
});
