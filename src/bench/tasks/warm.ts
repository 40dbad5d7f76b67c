import { seededRandom } from '../../base/random.ts';
import { CachectlError } from '../../base/errors.ts';
import { workOf } from '../../config/kinds/registry.ts';
import type { Scenario } from '../../config/scenario.ts';
import { type WarmCounts, warmKeys } from '../../engine/index.ts';
import { createKeyDistribution } from '../../workload/distributions.ts';
import { keyNamer } from '../../workload/key-names.ts';
import type { Application, Task } from '../instances/application.ts';
import { drawsOf } from '../schedule.ts';

export interface WarmParams {
  /** `own`: a part of the keys for each instance, at the rate of the scenario. `all`: all keys, as fast as it goes. */
  readonly which: 'own' | 'all';
}

/** Puts the most popular keys into the tiers of the instance. */
export const warmTask: Task<WarmParams, WarmCounts> = {
  name: 'warm',
  run: async (application, { which }) => {
    const { spec, subject, bed, clock, signal } = application;
    const { batch, concurrency, rate } = workOf(spec.scenario, 'warming');
    const { index, count } = spec.share;
    const hottest = hottestKeys(spec.scenario);
    const nameOf = keyNamer(spec.scenario.keyspace.keyBytes);
    const keys = new Map(wanted(application, hottest, which).map((key) => [nameOf(key), key]));
    if (subject.system === undefined) {
      throw new CachectlError('BAD_SCENARIO', `variant '${spec.variant.id}' has no tier to warm`);
    }
    let failure: unknown;
    const load = async (names: readonly string[]): Promise<Uint8Array[]> =>
      Promise.all(
        names.map(async (name) => {
          const key = keys.get(name) ?? 0;
          return subject.values.make(key, await bed.origin.load(key));
        }),
      );
    const counts = await warmKeys(subject.system.cache, keys.keys(), load, {
      batch,
      concurrency: Math.max(1, Math.floor(concurrency / count) + (index < concurrency % count ? 1 : 0)),
      ...(which === 'own' && { rate: rate / count }),
      signal,
      clock,
      onFailure: (_, error) => {
        failure ??= error;
      },
    });
    if (counts.failed > 0) throw failure;
    return counts;
  },
};

/** Of all keys only those that the tier in the process has room for, which is all that there is to gain. */
function wanted(
  { spec }: Application,
  hottest: readonly number[],
  which: WarmParams['which'],
): readonly number[] {
  const { share, scenario } = spec;
  if (which === 'own') return hottest.filter((_, rank) => rank % share.count === share.index);
  return hottest.slice(0, scenario.tiers.l1.maxEntries);
}

function hottestKeys(scenario: Scenario): readonly number[] {
  const { seed } = scenario;
  const { keyspace } = drawsOf(scenario);
  const layout = seededRandom(seed).fork('layout');
  const keys = createKeyDistribution(keyspace, layout, seededRandom(seed));
  const hottest = keys.hottest?.(workOf(scenario, 'warming').keys);
  if (hottest !== undefined) return hottest;
  throw new CachectlError(
    'BAD_SCENARIO',
    `of a keyspace with distribution: ${keyspace.distribution} it is not known which keys are the most popular`,
    { hint: 'use distribution: zipfian, or take the variants with start: warmed out' },
  );
}
