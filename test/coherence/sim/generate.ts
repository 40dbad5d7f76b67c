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
/** So long after a change of the data faults that are aimed at it begin at most; less than half of it before. */
const AIM_MS = 25;
const FAULTS: readonly FaultLevel[] = ['none', 'origin', 'all', 'all', 'all'];
const BYS: readonly By[] = ['key', 'key', 'key', 'tag', 'pattern', 'all'];

interface Only {
  readonly level?: CoherenceLevel;
}

/** Most programs do anything; the others bring about again and again what some bugs need, and what is rare by chance. */
const KINDS: readonly (readonly [share: number, draw: (random: Random, only: Only) => Program])[] = [
  [0.5, usualProgram],
  [0.22, cutOffProgram],
  [0.1, forgetfulProgram],
  [0.06, failingProgram],
  [0.06, slidingProgram],
  [0.06, crowdedProgram],
];

/** A random program. The same source of random numbers gives the same one. */
export function randomProgram(random: Random, only: Only = {}): Program {
  let left = random.next();
  const [, draw] = KINDS.find(([share]) => (left -= share) < 0) ?? [1, usualProgram];
  return draw(random, only);
}

/**
 * One key, or two that share a tag, over a slow network, loads that can take longer than the bound, and a bus that is
 * lost and found again, or slow, or loses messages: whether who missed something knows.
 */
function cutOffProgram(random: Random, only: Only): Program {
  const keys = programKeys.slice(0, 1 + (random.nextUint32() % 2));
  const bys: readonly By[] = random.next() < 0.5 ? BYS : ['tag', 'pattern', 'all'];
  const slowLoads = random.next() < 0.4 ? 0.5 : 0.05;
  const upTo = (limit: number): number => random.next() * limit;
  const isLossy = random.next() < 0.5;
  const isSlow = random.next() < 0.3;
  const bus = (): BusFault => {
    if (isSlow && random.next() < 0.5)
      return { faults: { delayMs: upTo(0.7 * BOUND_MS) }, forMs: upTo(1.5 * PROGRAM_MS) };
    // A short loss hits what is told, and spares the heartbeats that would show it.
    if (isLossy) return random.next() < 0.5 ? { faults: { dropRate: 1 }, forMs: upTo(12) } : lossyBus(random);
    const { faults, forMs } = brokenBus(random);
    return { faults, forMs: random.next() < 0.5 ? upTo(30) : forMs };
  };
  const act = (): Act => {
    const chance = random.next();
    const key = pickFrom(random, keys);
    const longest = random.next() < slowLoads ? 1.5 * BOUND_MS : 5;
    if (chance < 0.65) return { kind: 'read', key, fails: false, beforeMs: upTo(5), afterMs: upTo(longest) };
    if (chance < 0.85) return update(pickFrom(random, bys), key, keys);
    return { kind: 'bus', ...bus() };
  };
  const steps = Array.from({ length: 12 + (random.nextUint32() % 9) }, (): Step => {
    return { atMs: upTo(1.5 * PROGRAM_MS), instance: random.nextUint32() % 2, act: act() };
  });
  return {
    ...plain(random, only),
    faults: 'all',
    converges: random.next() < 0.25,
    network: { delayMs: upTo(8), jitterMs: upTo(12) },
    steps: inOrder(aimed(random, steps)),
  };
}

/** A server that forgets what it was told just now: whether what it does not know any more counts as invalid. */
function forgetfulProgram(random: Random, only: Only): Program {
  const keys = programKeys.slice(0, 1 + (random.nextUint32() % 2));
  const upTo = (limit: number): number => random.next() * limit;
  const instances = 2 + (random.nextUint32() % 2);
  const act = (): Act => {
    const chance = random.next();
    const key = pickFrom(random, keys);
    if (chance < 0.55) return { kind: 'read', key, fails: false, beforeMs: upTo(5), afterMs: upTo(5) };
    if (chance < 0.8) return update(pickFrom(random, ['tag', 'tag', 'pattern', 'all']), key, keys);
    return { kind: 'lose', loss: pickFrom(random, [{ kind: 'tags' }, { kind: 'tags' }, { kind: 'ledger' }]) };
  };
  const steps = Array.from({ length: 8 + (random.nextUint32() % 9) }, (): Step => {
    return { atMs: upTo(PROGRAM_MS), instance: random.nextUint32() % instances, act: act() };
  });
  return {
    ...plain(random, only),
    instances,
    faults: 'all',
    network: { delayMs: upTo(2), jitterMs: upTo(5) },
    steps: inOrder(aimed(random, steps)),
  };
}

/** An origin that fails for long, mostly over old values: how often it is asked. */
function failingProgram(random: Random, only: Only): Program {
  const [key = ''] = programKeys;
  const upTo = (limit: number): number => random.next() * limit;
  const instances = 1 + (random.nextUint32() % 3);
  const servesStale = random.next() < 0.7;
  const spanMs = PROGRAM_MS * (1 + random.next());
  const downFromMs = servesStale ? upTo(2 * SHORTEST_LIFETIME_MS) : 0;
  const steps = Array.from({ length: 14 + (random.nextUint32() % 11) }, (): Step => {
    const atMs = random.next() < 0.1 ? upTo(5) : upTo(spanMs);
    const fails = atMs > downFromMs && random.next() < 0.95;
    const isUpdate = random.next() < 0.04;
    const read: Act = { kind: 'read', key, fails, beforeMs: upTo(5), afterMs: upTo(5) };
    return {
      atMs,
      instance: random.nextUint32() % instances,
      act: isUpdate ? update('key', key, [key]) : read,
    };
  });
  return {
    ...plain(random, only),
    instances,
    faults: 'origin',
    lifetimeMs: servesStale ? SHORTEST_LIFETIME_MS : LONG_LIFETIME_MS,
    staleMs: servesStale ? STALE_MS : 0,
    network: { delayMs: upTo(1), jitterMs: upTo(2) },
    steps: inOrder(steps),
  };
}

/** Reads that start the lifetime again all the time, over a slow network: whether they bring back what was invalidated. */
function slidingProgram(random: Random, only: Only): Program {
  const [key = ''] = programKeys;
  const upTo = (limit: number): number => random.next() * limit;
  const instances = 2 + (random.nextUint32() % 2);
  const steps = Array.from({ length: 14 + (random.nextUint32() % 11) }, (): Step => {
    const isRead = random.next() < 0.8;
    const act: Act = isRead
      ? { kind: 'read', key, fails: false, beforeMs: upTo(3), afterMs: upTo(3) }
      : update(pickFrom(random, BYS), key, [key]);
    return { atMs: upTo(PROGRAM_MS), instance: random.nextUint32() % instances, act };
  });
  return {
    ...plain(random, only),
    instances,
    faults: 'all',
    converges: random.next() < 0.25,
    tiers: random.next() < 0.75 ? 1 : 2,
    lifetimeMs: SHORT_LIFETIME_MS,
    slides: true,
    network: { delayMs: upTo(6), jitterMs: upTo(8) },
    steps: inOrder(steps),
  };
}

/** Everybody wants one key at once, and nothing fails: how often it is loaded. */
function crowdedProgram(random: Random, only: Only): Program {
  const [key = ''] = programKeys;
  const upTo = (limit: number): number => random.next() * limit;
  const instances = 4;
  const steps = Array.from({ length: 12 + (random.nextUint32() % 9) }, (_, i): Step => {
    const read: Act = { kind: 'read', key, fails: false, beforeMs: upTo(20), afterMs: upTo(40) };
    const act = random.next() < 0.04 ? update(pickFrom(random, BYS), key, [key]) : read;
    return { atMs: upTo(60), instance: i % instances, act };
  });
  return {
    ...plain(random, only),
    instances,
    network: { delayMs: upTo(2), jitterMs: upTo(5) },
    steps: inOrder(steps),
  };
}

type Plain = Omit<Program, 'network' | 'steps'>;

/** What is the same in most programs that are made for something. */
function plain(random: Random, { level = pickFrom(random, LEVELS) }: Only): Plain {
  return {
    level,
    instances: 2,
    seed: random.nextUint32(),
    faults: 'none',
    converges: false,
    tiers: 1,
    lifetimeMs: LONG_LIFETIME_MS,
    staleMs: 0,
  };
}

/** Half of the faults strike just when the data is changed, and half of these who changes it. */
function aimed(random: Random, steps: readonly Step[]): Step[] {
  const changes = steps.filter(({ act }) => act.kind === 'update' || act.kind === 'write');
  return steps.map((step) => {
    const isFault = step.act.kind === 'bus' || step.act.kind === 'line' || step.act.kind === 'lose';
    if (!isFault || changes.length === 0 || random.next() < 0.5) return step;
    const { atMs, instance } = pickFrom(random, changes);
    const beginsMs = Math.max(0, atMs + AIM_MS * (1.4 * random.next() - 0.4));
    return { ...step, atMs: beginsMs, instance: random.next() < 0.5 ? instance : step.instance };
  });
}

function inOrder(steps: readonly Step[]): Step[] {
  return steps.toSorted((a, b) => a.atMs - b.atMs);
}

function pickFrom<T>(random: Random, from: readonly T[]): T {
  return from[random.nextUint32() % from.length] as T;
}

function usualProgram(random: Random, only: Only): Program {
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
    steps: inOrder(aimed(random, steps)),
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
