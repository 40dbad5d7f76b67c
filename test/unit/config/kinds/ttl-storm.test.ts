import { expect, test } from 'vitest';
import { lengthOf } from '../../../../src/config/kinds/registry.ts';
import { parseScenario } from '../../../../src/config/scenario-file.ts';
import { errorOf } from '../error-of.ts';

const STORM = 'name: x\nkind: ttl-storm\n';

test('a storm is with one lifetime, with jitter, and with stale values, unless the file says otherwise', () => {
  const scenario = parseScenario(`${STORM}ttl_storm: { ttl: 10s, window: 3s }\n`, 'f.yaml');
  expect(scenario).toMatchObject({
    instances: 2,
    work: { kind: 'ttl-storm', ttlMs: 10_000, windowMs: 3000, batch: 500, concurrency: 4 },
  });
  expect(
    scenario.variants.map(({ id, engine }) => [id, engine.jitter, engine.staleWhileRevalidateMs]),
  ).toEqual([
    ['same', 0, 0],
    ['jitter', 0.2, 0],
    ['jitter-swr', 0.2, 30_000],
  ]);
  expect(lengthOf(scenario)).toBe(3 * 13_000);
});

test('the window leaves time to store the keys', () => {
  const text = `${STORM}ttl_storm: { ttl: 3s, window: 3s }\n`;
  expect(errorOf(() => parseScenario(text, 'f.yaml')).message).toMatch(
    /ttl_storm\.window: window must be shorter than ttl/,
  );
});
