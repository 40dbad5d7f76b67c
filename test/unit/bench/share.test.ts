import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { everyNth, subshare, withShare } from '../../../src/bench/share.ts';
import { withOverrides } from '../../../src/config/overrides.ts';
import { parseScenario } from '../../../src/config/scenario-file.ts';
import { createPacer, type Pacer } from '../../../src/workload/arrivals.ts';
import { constantRate } from '../../../src/workload/rates/constant.ts';

const closed = parseScenario('name: x\nkind: load\n', 'x.yaml');

test('the connections of the parts add up to those of the whole', () => {
  const counts = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(counts, fc.integer({ min: 40, max: 10_000 }), (count, connections) => {
      const open = withOverrides(closed, { rate: 1000, connections });
      const parts = Array.from({ length: count }, (_, index) => withShare(open, { index, count }).load);
      expect(parts.reduce((sum, load) => sum + load.connections, 0)).toBe(connections);
    }),
  );
});

test('the arrivals of the parts are those of the whole, whatever the number of parts', () => {
  const pacer = (): Pacer => createPacer('poisson', constantRate(1000), seededRandom(5));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), (count) => {
      const whole = pacer();
      const parts = Array.from({ length: count }, (_, index) => everyNth(pacer(), { index, count }));
      for (let i = 0; i < 3 * count; i++) {
        expect(parts[i % count]?.nextDueMs()).toBe(whole.nextDueMs());
      }
    }),
  );
});

test('no part is without a connection', () => {
  const small = withOverrides(closed, { connections: 1 });
  expect(withShare(small, { index: 0, count: 8 }).load.connections).toBe(1);
});

test('the instances of several machines have each a part of their own', () => {
  const all = [0, 1, 2].flatMap((machine) =>
    [0, 1].map((index) => subshare({ index: machine, count: 3 }, { index, count: 2 })),
  );
  expect(all.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(new Set(all.map(({ count }) => count))).toEqual(new Set([6]));
});
