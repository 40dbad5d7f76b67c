import { expect, test } from 'vitest';
import { describeWork, lengthOf } from '../../../src/config/kinds/registry.ts';
import { parseScenario } from '../../../src/config/scenario-file.ts';
import { errorOf } from './error-of.ts';

const FAILOVER = 'name: x\nkind: failover\n';
const parse = (text: string): ReturnType<typeof parseScenario> => parseScenario(text, 'f.yaml');
const problemsOf = (text: string): readonly string[] =>
  (errorOf(() => parse(text)).problems ?? []).map(({ key, message }) => `${key}: ${message}`);

test('a failover that says no more strikes Redis in every way, one after another', () => {
  const scenario = parse(FAILOVER);
  expect(scenario).toMatchObject({ instances: 4, work: { afterMs: 3000, forMs: 3000, delayMs: 200 } });
  expect(scenario.variants.map(({ id, fault }) => [id, fault])).toEqual(
    ['stop', 'kill', 'slow', 'reset', 'partition', 'refuse'].map((kind) => [
      `redis-${kind}`,
      { tier: 'redis', kind },
    ]),
  );
  expect(lengthOf(scenario)).toBe(6 * 11_000);
  expect(describeWork(scenario)).toBe('4 instances, each fault from 3.00 s to 6.00 s');
});

test('each variant of a failover has a fault, of a tier that it has', () => {
  const variants = (fault: string): string =>
    `${FAILOVER}variants:\n  - { id: a, tiers: [l1, redis]${fault} }\n`;
  expect(problemsOf(variants(''))).toEqual([
    expect.stringMatching(/^variants\[0\]: a variant of a failover needs/),
  ]);
  expect(problemsOf(variants(', fault: { tier: memcached, kind: stop }'))).toEqual([
    "variants[0].fault.tier: the variant has no tier 'memcached'",
  ]);
  expect(problemsOf(variants(', fault: { tier: redis, kind: stopp }'))).toEqual([
    expect.stringMatching(/^variants\[0\]\.fault\.kind: .*stop/),
  ]);
  // the origin is in the database, whether that is a tier or not
  expect(parse(variants(', fault: { tier: database, kind: slow }')).variants[0]?.fault?.tier).toBe(
    'database',
  );
});

test('a fault in another kind is an error, as is one that lasts to the end', () => {
  expect(
    problemsOf(
      'name: x\nkind: load\nvariants: [{ id: a, tiers: [redis], fault: { tier: redis, kind: stop } }]\n',
    ),
  ).toEqual(['variants[0].fault: this key needs kind: failover']);
  expect(problemsOf(`${FAILOVER}duration: 5s\nfailover: { after: 2s, for: 3s }\n`)).toEqual([
    expect.stringMatching(/^failover.for: .*nothing is left to recover in/),
  ]);
  expect(parse(`${FAILOVER}duration: 5001ms\nfailover: { after: 2s, for: 3s }\n`).durationMs).toBe(5001);
});
