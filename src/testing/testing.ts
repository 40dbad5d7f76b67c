/**
 * What tests of an application with a cache need: the package's export `cachectl/testing`.
 *
 * @example
 * const clock = fakeClock();
 * const connect = sharedServer({ clock });
 * const server = chaosBackend(connect(), { clock });
 * const cache = createCache({ namespace: 'shop', tiers: [openMemory({ clock }), server], clock });
 *
 * await cache.set('price:1', 42);
 * await assertCacheHit(cache, 'price:1', 'l1');
 * await clock.advance(3_600_000); // an hour later
 * server.line.inject({ state: 'down' });
 * await assertCacheMiss(cache, 'price:2'); // and the application goes on
 */
import { AssertionError } from 'node:assert';
import { inspect } from 'node:util';
import { type Clock, ManualClock, systemClock } from '../base/clock.ts';
import { seededRandom } from '../base/random.ts';
import type { Backend } from '../backends/backend.ts';
import type { Bus } from '../backends/bus.ts';
import { type FaultBackend, faultBackend } from '../backends/fault-backend.ts';
import { FaultBus } from '../backends/fault-bus.ts';
import type { LineOptions } from '../backends/fault-line.ts';
import { type FaultTier, faultTier } from '../backends/fault-tier.ts';
import { openSharedMemory, SharedMemory } from '../backends/memory/shared.ts';
import type { Tier } from '../backends/tier.ts';
import type { Cache, Resolved } from '../engine/cache.ts';
import { type Key, keyString } from '../engine/keys.ts';

export interface ChaosOptions {
  /** Default: the real one. */
  readonly clock?: Clock;
  /** The same seed draws the same faults. Default 1. */
  readonly seed?: number;
  /** How long a call that hangs takes to fail, in milliseconds. Default 1000. */
  readonly deadlineMs?: number;
}

/**
 * A clock that stands still until `advance(ms)` is awaited: pass it as `clock` to the cache, and let hours go by in a
 * test without waiting.
 */
export function fakeClock(): ManualClock {
  return new ManualClock();
}

/** A tier whose faults are switched by `tier.line.inject({ … })` and taken back by `tier.line.heal()`. */
export function chaosTier(tier: Tier, options: ChaosOptions = {}): FaultTier {
  return faultTier(tier, lineOptions(options));
}

/** A bus whose faults are switched by `bus.inject({ … })` and taken back by `bus.heal()`. */
export function chaosBus(bus: Bus, options: ChaosOptions = {}): FaultBus {
  return new FaultBus(bus, lineOptions(options));
}

/** A backend whose tier and ledger have faults by `backend.line`, and whose buses each have their own. */
export function chaosBackend(backend: Backend, options: ChaosOptions = {}): FaultBackend {
  return faultBackend(backend, lineOptions(options));
}

/**
 * A server in this process: each call of the function that it gives connects one more cache to it, as an instance of
 * an application is connected to Redis.
 */
export function sharedServer(options: { readonly clock?: Clock } = {}): () => Backend {
  const memory = new SharedMemory({ clock: options.clock ?? systemClock });
  return () => openSharedMemory(memory);
}

function lineOptions({ clock = systemClock, seed = 1, deadlineMs = 1000 }: ChaosOptions): LineOptions {
  return { clock, random: seededRandom(seed), deadlineMs };
}

type Readable = Pick<Cache, 'namespace' | 'resolve'>;

/**
 * Asserts that the cache has the key, without loading it, and gives back the value.
 * @param tier name of the tier that has to have answered; default: any
 * @throws AssertionError that tells what was found instead
 */
export async function assertCacheHit<T = unknown>(cache: Readable, key: Key, tier?: string): Promise<T> {
  const { value, source } = await cache.resolve<T>(key);
  const where = tier === undefined ? '' : ` in ${tier}`;
  if (value === undefined) fail(assertCacheHit, cache, key, `a hit${where}`, 'a miss', tier ?? 'any tier');
  if (tier !== undefined && source !== tier) {
    fail(assertCacheHit, cache, key, `a hit${where}`, told({ value, source }), tier, source);
  }
  return value;
}

/**
 * Asserts that no tier has the key.
 * @throws AssertionError that tells the value and the tier that has it
 */
export async function assertCacheMiss(cache: Readable, key: Key): Promise<void> {
  const found = await cache.resolve(key);
  if (found.value !== undefined)
    fail(assertCacheMiss, cache, key, 'a miss', told(found), undefined, found.source);
}

function told({ value, source }: Pick<Resolved<unknown>, 'value' | 'source'>): string {
  return `a hit in ${source ?? 'an unnamed tier'}: ${inspect(value, { depth: 1, breakLength: Infinity, maxStringLength: 80 })}`;
}

function fail(
  assertion: (...args: never[]) => unknown,
  { namespace }: Readable,
  key: Key,
  wanted: string,
  got: string,
  expected: unknown,
  actual?: unknown,
): never {
  throw new AssertionError({
    message: `expected ${wanted} for ${inspect(keyString(key))} of namespace ${inspect(namespace)}, got ${got}`,
    expected,
    actual,
    operator: assertion.name,
    stackStartFn: assertion,
  });
}
