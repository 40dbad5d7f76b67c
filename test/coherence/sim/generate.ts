import type { Random } from '../../../src/base/random.ts';
import type { BusFaults } from '../../../src/backends/fault-bus.ts';
import type { LineFaults } from '../../../src/backends/fault-line.ts';
import type { CoherenceLevel } from '../../../src/engine/options.ts';
import {
  type Act,
  BOUND_MS,
  type By,
  type FaultLevel,
  type Pace,
  type Program,
  PROGRAM_MS,
  programKeys,
  type Step,
} from './program.ts';

const LEVELS: readonly CoherenceLevel[] = ['bounded', 'partition-safe', 'strict'];
const SHORT_LIFETIME_MS = 120;
/** Over soon, so that loads fail over old values. */
const SHORTEST_LIFETIME_MS = 30;
const STALE_MS = 400;
const LONG_LIFETIME_MS = 60_000;
const FAULTS: readonly FaultLevel[] = ['none', 'origin', 'all', 'all', 'all'];
const BYS: readonly By[] = ['key', 'key', 'key', 'tag', 'pattern', 'all'];

/** A random program. The same source of random numbers gives the same one. */
export function randomProgram(random: Random, only: { readonly level?: CoherenceLevel } = {}): Program {
  return random.next() < 0.25 ? cutOffProgram(random, only) : usualProgram(random, only);
}

/**
 * One key over a slow network, loads that can take longer than the bound, and a bus that is lost and found again, or
 * loses messages: whether who missed something knows.
 */
function cutOffProgram(random: Random, only: { readonly level?: CoherenceLevel }): Program {
  const [key = ''] = programKeys;
  const upTo = (limit: number): number => random.next() * limit;
  const isLossy = random.next() < 0.5;
  const act = (): Act => {
    const chance = random.next();
    const longest = random.next() < 0.15 ? 1.5 * BOUND_MS : 5;
    if (chance < 0.65) return { kind: 'read', key, fails: false, beforeMs: upTo(5), afterMs: upTo(longest) };
    if (chance < 0.85) return update(pickFrom(random, BYS), key, [key]);
    if (isLossy) return { kind: 'bus', ...lossyBus(random) };
    const { faults, forMs } = brokenBus(random);
    return { kind: 'bus', faults, forMs: random.next() < 0.5 ? upTo(30) : forMs };
  };
  const steps = Array.from({ length: 12 + (random.nextUint32() % 9) }, (): Step => {
    return { atMs: upTo(1.5 * PROGRAM_MS), instance: random.nextUint32() % 2, act: act() };
  });
  return {
    level: only.level ?? pickFrom(random, LEVELS),
    instances: 2,
    seed: random.nextUint32(),
    faults: 'all',
    converges: random.next() < 0.25,
    tiers: 1,
    lifetimeMs: LONG_LIFETIME_MS,
    staleMs: 0,
    network: { delayMs: upTo(8), jitterMs: upTo(12) },
    steps: steps.sort((a, b) => a.atMs - b.atMs),
  };
}

function pickFrom<T>(random: Random, from: readonly T[]): T {
  return from[random.nextUint32() % from.length] as T;
}

function usualProgram(random: Random, only: { readonly level?: CoherenceLevel }): Program {
  const pick = <T>(from: readonly T[]): T => pickFrom(random, from);
  const upTo = (limit: number): number => random.next() * limit;
  const instances = 2 + (random.nextUint32() % 3);
  const keys = programKeys.slice(0, 1 + (random.nextUint32() % programKeys.length));
  const faults = pick(FAULTS);
  // Most programs are crowded into a short time, where everything overlaps; and time costs heartbeats.
  const spanMs = pick([20, 60, 60, PROGRAM_MS]);
  const tiers = random.next() < 0.75 ? 1 : 2;
  const isLossy = random.next() < 0.5;
  const pace = (): Pace => ({ beforeMs: upTo(20), afterMs: upTo(20) });
  const mayFail = (rate: number): boolean =>
    faults !== 'none' && random.next() < (faults === 'origin' ? 0.4 : rate);
  const act = (): Act => {
    const chance = random.next();
    const key = pick(keys);
    if (chance < 0.5) return { kind: 'read', key, fails: mayFail(0.05), ...pace() };
    if (chance < 0.55) return { kind: 'get', key };
    if (chance < 0.78) return update(pick(BYS), key, keys);
    if (chance < 0.86 || faults !== 'all') {
      return { kind: 'write', key, fails: mayFail(0.3) ? pick(['before', 'after']) : 'never', ...pace() };
    }
    if (chance < 0.9)
      return {
        kind: 'lose',
        loss: pick([{ kind: 'entry', key }, { kind: 'tags' }, { kind: 'ledger' }, { kind: 'all' }]),
      };
    if (chance < 0.95)
      return {
        kind: 'line',
        tier: random.nextUint32() % tiers,
        faults: lineFaults(random),
        forMs: upTo(PROGRAM_MS / 2),
      };
    return { kind: 'bus', ...(isLossy ? lossyBus(random) : brokenBus(random)) };
  };
  let atMs = 0;
  const steps: Step[] = Array.from({ length: 10 + (random.nextUint32() % 11) }, () => {
    // Some begin together.
    if (random.next() > 0.2) atMs = upTo(spanMs);
    return { atMs, instance: random.nextUint32() % instances, act: act() };
  });
  const servesStale = faults === 'origin' && random.next() < 0.5;
  return {
    level: only.level ?? pick(LEVELS),
    instances,
    seed: random.nextUint32(),
    faults,
    converges: random.next() < 0.25,
    tiers,
    lifetimeMs: servesStale
      ? SHORTEST_LIFETIME_MS
      : faults === 'all' && random.next() < 0.3
        ? SHORT_LIFETIME_MS
        : LONG_LIFETIME_MS,
    staleMs: servesStale ? STALE_MS : 0,
    network: { delayMs: upTo(2), jitterMs: upTo(5) },
    steps: steps.sort((a, b) => a.atMs - b.atMs),
  };
}

function update(by: By, key: string, keys: readonly string[]): Act {
  const group = key.slice(0, 2);
  const hit = by === 'key' ? [key] : by === 'all' ? keys : keys.filter((other) => other.startsWith(group));
  return { kind: 'update', keys: hit, by };
}

function lineFaults(random: Random): Partial<LineFaults> {
  const chance = random.next();
  if (chance < 0.25) return { state: 'down' };
  if (chance < 0.5) return { state: 'hung' };
  if (chance < 0.75) return { errorRate: random.next() };
  return { lostAnswerRate: random.next() };
}

/**
 * Messages are lost one by one for at most half of the bound: the next heartbeat of who sent them shows it. So
 * nobody's heartbeats fail in the same program.
 */
function lossyBus(random: Random): BusFault {
  const forMs = (random.next() * BOUND_MS) / 2;
  if (random.next() < 0.5) return { faults: { dropRate: random.next() }, forMs };
  return { faults: { doubleRate: 0.5, reorderRate: 0.5, jitterMs: 20 }, forMs };
}

/** A channel that is gone altogether may be gone for any time. */
function brokenBus(random: Random): BusFault {
  const chance = random.next();
  const forMs = random.next() * PROGRAM_MS;
  if (chance < 0.4) return { faults: { state: 'down' }, forMs };
  if (chance < 0.7) return { faults: { state: 'half-open' }, forMs };
  if (chance < 0.85) return { faults: { publishErrorRate: random.next() }, forMs };
  return { faults: { lostAnswerRate: random.next() }, forMs };
}

interface BusFault {
  readonly faults: Partial<BusFaults>;
  readonly forMs: number;
}
