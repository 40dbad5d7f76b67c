import { expect, test } from 'vitest';
import { checkFailover } from '../../../src/bench/failover-check.ts';
import { variantsFor } from '../../../src/bench/plan.ts';
import { withOverrides } from '../../../src/config/overrides.ts';
import { parseScenario } from '../../../src/config/scenario-file.ts';
import { errorOf } from '../config/error-of.ts';

test('what flags make impossible is found before anything starts', () => {
  const scenario = parseScenario('name: x\nkind: failover\n', 'f.yaml');
  const check = (target = {}, durationMs?: number, driver: 'engine' | 'ioredis' = 'engine'): void => {
    const changed = withOverrides(scenario, { durationMs });
    checkFailover(changed, variantsFor(driver, changed), target);
  };
  expect(() => check()).not.toThrow();
  expect(errorOf(() => check({}, 6000))).toMatchObject({ code: 'BAD_USAGE', exitCode: 2 });
  expect(errorOf(() => check({}, undefined, 'ioredis'))).toMatchObject({ code: 'BAD_USAGE', exitCode: 2 });
  const given = errorOf(() => check({ redis: 'redis://127.0.0.1' }));
  expect(given).toMatchObject({ code: 'NOT_SUPPORTED', exitCode: 2 });
  expect(given.problems?.map(({ message }) => message.slice(0, 20))).toEqual([
    "variant 'redis-stop'",
    "variant 'redis-kill'",
  ]);
  const load = parseScenario('name: x\nkind: load\n', 'f.yaml');
  expect(() => checkFailover(load, load.variants, { redis: 'redis://127.0.0.1' })).not.toThrow();
});
