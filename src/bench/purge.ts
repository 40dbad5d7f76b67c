import { machineMs } from '../base/clock.ts';
import { delay } from '../base/deadline.ts';
import { CachectlError } from '../base/errors.ts';
import type { System } from '../testbed/system.ts';
import { readingMs } from '../config/kinds/invalidation.ts';
import { workOf } from '../config/kinds/registry.ts';
import type { VariantRun } from './plan.ts';

/** Keys of one call. */
const STEP = 1000;
const VALUE = new Uint8Array(64);
/** How much longer than the run the keys live on servers that do not give up their names, should it end early. */
const SPARE_MS = 60_000;

/** Other keys of the same cache that are there and are deleted while the scenario runs, as a purge does. */
export class Purge {
  readonly #run: VariantRun;
  readonly #system: System;
  readonly #keys: number;
  readonly #stop = new AbortController();

  private constructor(run: VariantRun, system: System, keys: number) {
    this.#run = run;
    this.#system = system;
    this.#keys = keys;
  }

  /** Writes the keys. @throws CachectlError `BAD_SCENARIO` without a shared tier, or as connecting and writing do */
  static async open(run: VariantRun): Promise<Purge> {
    const { scenario, variant, bed } = run;
    const work = workOf(scenario, 'invalidation');
    const tiers = variant.tiers.filter((tier) => tier !== 'l1');
    if (tiers.length === 0) throw new CachectlError('BAD_SCENARIO', 'a purge needs a shared tier');
    const system = await bed.openSystem({ ...variant, tiers }, () => {});
    const ttl = scenario.warmupMs + readingMs(work, scenario) + SPARE_MS;
    try {
      for (const keys of stepsOf(work.purgedKeys)) {
        run.signal.throwIfAborted();
        await system.cache.setMany(keys.map((key) => ({ key, value: VALUE, ttl })));
      }
      return new Purge(run, system, work.purgedKeys);
    } catch (error) {
      await system.close();
      throw error;
    }
  }

  /**
   * Deletes them, spread over the time of the changes, or until it is closed. Gives how many; those whose deletion
   * failed are not among them. Never rejects.
   */
  async delete(fromMs: number): Promise<number> {
    const { scenario, clock } = this.#run;
    const signal = AbortSignal.any([this.#run.signal, this.#stop.signal]);
    const steps = stepsOf(this.#keys);
    let deleted = 0;
    for (const [i, keys] of steps.entries()) {
      const dueMs = fromMs + (i * scenario.durationMs) / steps.length;
      await delay(clock, Math.max(0, dueMs - machineMs()), signal).catch(() => {});
      if (signal.aborted) break;
      deleted += await this.#system.cache.deleteMany(keys).catch(() => 0);
    }
    return deleted;
  }

  close(): Promise<void> {
    this.#stop.abort();
    return this.#system.close();
  }
}

function stepsOf(count: number): readonly (readonly string[])[] {
  return Array.from({ length: Math.ceil(count / STEP) }, (_, step) =>
    Array.from({ length: Math.min(STEP, count - step * STEP) }, (_key, i) => `purged:${step * STEP + i}`),
  );
}
