import type { Limiter } from '../../backends/limiter.ts';
import { CachectlError } from '../../base/errors.ts';
import type { PolicySettings } from '../../config/scenario.ts';
import type { Origin } from '../../testbed/origin.ts';
import { OPERATIONS } from '../../workload/operations.ts';
import { PatternKeys } from '../../workload/pattern-keys.ts';
import { act, type Act, type Acts, type DriverContext, written } from './driver.ts';
import { engineActs } from './engine.ts';

export interface Driven {
  readonly context: DriverContext;
  readonly policy: PolicySettings;
  /** What counts, for a policy that does. */
  readonly limiter: Limiter | undefined;
  readonly origin: Origin;
}

export interface PolicyDriver {
  readonly driver: Acts;
  /** What it counted, as metrics. */
  readonly figures?: () => Readonly<Record<string, number>>;
}

/** Drives the keys of a policy. Its `set` changes the data, and the cache hears of that as the policy says. */
export function drivePolicy(driven: Driven): PolicyDriver {
  const keys = new PatternKeys(driven.policy.key);
  if (driven.policy.strategy === 'counter') return driveCounter(driven, keys);
  return { driver: { ...engineActs(driven.context, keys), set: changeData(driven, keys) } };
}

/** A change of the data where there is no cache. */
export function changeOrigin(origin: Origin): Act {
  return act((index) => origin.change(index), written);
}

/** A change as an application makes it that keeps its cache right: the origin first, then the cache. */
function changeData({ policy, context: { cache, values }, origin }: Driven, keys: PatternKeys): Act {
  const [event] = policy.on;
  if (event !== undefined && policy.strategy === 'cache-aside') {
    return act(async (index) => {
      await origin.change(index);
      await cache.events.emit(event, keys.fieldsOf(index));
    }, written);
  }
  let version = 1;
  return act(
    (index) => cache.write(keys.of(index), values.make(index, ++version), () => origin.change(index)),
    written,
  );
}

/** Any operation is a request that the limit lets through or not; both are answers. */
function driveCounter({ policy, context: { cache }, limiter }: Driven, keys: PatternKeys): PolicyDriver {
  const { limit, ttlMs } = policy;
  const [windowMs] = Object.values(ttlMs);
  if (limiter === undefined || limit === undefined || windowMs === undefined) {
    throw new CachectlError('UNEXPECTED', `the counter '${policy.name}' has nothing to count with`);
  }
  const counts = { 'limiter.allowed': 0, 'limiter.refused': 0 };
  const request = act(
    (index) => limiter.hit(`${cache.namespace}:${keys.of(index)}`, { limit, windowMs }),
    ({ allowed }) => {
      counts[allowed ? 'limiter.allowed' : 'limiter.refused']++;
      return 'written';
    },
  );
  const driver = Object.fromEntries(OPERATIONS.map((operation) => [operation, request])) as Acts;
  return { driver, figures: () => counts };
}
