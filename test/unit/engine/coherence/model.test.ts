import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../../src/base/clock.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import { stampOf, trusts, type TrustStamp } from '../../../../src/engine/coherence/trust.ts';
import type { CoherenceLevel } from '../../../../src/engine/options.ts';
import { FaultyBus, type BusEnd, type Fate } from './faulty-bus.ts';
import { BOUND_MS, instanceOn, keys, type Instance } from './instances.ts';

const LONGEST_DELAY_MS = 40;
/**
 * Where messages are lost though the connection stays up, only the source's next heartbeat tells, and one of those may
 * be lost as well: a listener that is cut off right then is behind for that much longer than the bound.
 */
const SILENT_LOSS_FOUND_MS = (2 * BOUND_MS) / 4 + LONGEST_DELAY_MS;

type Step =
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'publish' | 'fail' | 'deaf' | 'mute' | 'stall' | 'cut' | 'heal'; readonly who: number };

interface Program {
  readonly instances: number;
  readonly seed: number;
  /** Share of messages that are lost although the connection stays up; 0: none, however the others fail. */
  readonly loss: number;
  readonly steps: readonly Step[];
}

const who = fc.nat({ max: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 700 }) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('publish' as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('heal' as const), who }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'fail' as const,
        'deaf' as const,
        'mute' as const,
        'stall' as const,
        'cut' as const,
      ),
      who,
    }),
  },
);
const program: fc.Arbitrary<Program> = fc.record({
  instances: fc.integer({ min: 2, max: 4 }),
  seed: fc.nat(),
  loss: fc.constantFrom(0, 0.1, 0.4),
  steps: fc.array(step, { minLength: 5, maxLength: 30 }),
});

/** Something that one instance told the others: what another one knew before, and since when it must not rely on that. */
interface Claim {
  readonly key: string;
  readonly from: number;
  readonly reader: number;
  readonly stamp: TrustStamp;
  sinceMs: number;
}

/** Runs a program and watches over every claim from when it holds. */
class Run {
  readonly #clock = new ManualClock();
  readonly #bus = new FaultyBus(this.#clock);
  readonly #level: CoherenceLevel;
  readonly #boundMs: number;
  readonly #losesSilently: boolean;
  readonly #instances: Instance[] = [];
  readonly #applied: Set<string>[] = [];
  readonly #claims: Claim[] = [];
  #keys = 0;
  acknowledged = 0;
  checked = 0;

  constructor(level: CoherenceLevel, { instances, seed, loss }: Program) {
    this.#level = level;
    this.#losesSilently = loss > 0;
    this.#boundMs = level === 'strict' ? 0 : BOUND_MS + (this.#losesSilently ? SILENT_LOSS_FOUND_MS : 0);
    this.#bus.fate = fates(seed, loss, level === 'strict' ? Infinity : 1);
    for (let n = 0; n < instances; n++) {
      const applied = new Set<string>();
      this.#applied.push(applied);
      this.#instances.push(
        instanceOn(this.#bus, {
          level,
          name: `i${n}`,
          onTidings: (heard) => heard.keys.forEach((key) => applied.add(key)),
        }),
      );
    }
  }

  async all(steps: readonly Step[]): Promise<void> {
    for (const { channel } of this.#instances) void channel.start();
    await this.#wait(500);
    for (const each of steps) {
      if (each.do === 'wait') await this.#wait(each.ms);
      else this.#act(each.do, each.who % this.#instances.length);
      this.#check();
    }
    await this.#wait(3 * BOUND_MS);
    await Promise.all(this.#instances.map(({ channel }) => channel.close()));
    await this.#clock.advance(LONGEST_DELAY_MS);
    expect(this.#clock.pendingTimers).toBe(0);
  }

  /** In small steps: a reader may look at any time. */
  async #wait(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 25) {
      await this.#clock.advance(Math.min(25, left));
      this.#check();
    }
  }

  #act(what: Exclude<Step['do'], 'wait'>, index: number): void {
    const instance = this.#instances[index];
    if (instance === undefined) return;
    const { end, channel } = instance;
    if (what === 'publish') this.#publish(index, instance);
    else if (what === 'fail') channel.draft(keys('failed')).failed();
    else if (what === 'deaf') end.deaf = true;
    else if (what === 'mute') end.mute = true;
    else if (what === 'stall') end.stalled = true;
    else if (what === 'cut') end.set('down');
    else heal(end, this.#losesSilently);
  }

  #publish(from: number, { channel }: Instance): void {
    const key = `k${this.#keys++}`;
    const claims = this.#instances.flatMap((reader, index): Claim[] =>
      index === from
        ? []
        : [
            {
              key,
              from,
              reader: index,
              stamp: stampOf(reader.channel.trust, this.#clock.nowMs()),
              sinceMs: 0,
            },
          ],
    );
    const refused = this.#instances[from]?.end.mute === true;
    channel
      .draft(keys(key))
      .publish()
      .then(
        () => {
          // `bounded` resolves although nothing was sent, and promises nothing then.
          if (refused && this.#level === 'bounded') return;
          this.acknowledged++;
          const sinceMs = this.#clock.nowMs() + this.#boundMs;
          for (const claim of claims) this.#claims.push({ ...claim, sinceMs });
          this.#check();
        },
        () => {},
      );
  }

  #check(): void {
    const nowMs = this.#clock.nowMs();
    for (const claim of this.#claims) {
      const { key, reader, stamp } = claim;
      const instance = this.#instances[reader];
      // What was lost silently is found by the source's next heartbeat; `bounded` promises nothing while none get out.
      const unheard = this.#losesSilently && this.#instances[claim.from]?.end.mute === true;
      if (unheard && this.#level === 'bounded') claim.sinceMs = nowMs + this.#boundMs;
      if (nowMs < claim.sinceMs || instance === undefined) continue;
      this.checked++;
      if (!trusts(instance.channel.trust, stamp, nowMs)) continue;
      expect(
        this.#applied[reader]?.has(key),
        `${instance.name} at ${nowMs} trusts what ${key} made invalid`,
      ).toBe(true);
    }
  }
}

function heal(end: BusEnd, losesSilently: boolean): void {
  // A connection that lost something is a new one, and says so.
  if (end.deaf && end.up && !losesSilently) end.set('down');
  end.deaf = false;
  if (end.up) end.mute = false;
  else end.set('up');
  end.resume();
}

/** Loses, doubles, delays and so reorders; of heartbeats of one source at most `mostLost` in a row for one listener. */
function fates(seed: number, loss: number, mostLost: number): Fate {
  const random = seededRandom(seed);
  const lostInRow = new Map<string, number>();
  const delay = (): number => random.next() * LONGEST_DELAY_MS;
  return (message, to) => {
    const pair = message?.kind === 'heartbeat' ? `${message.from} ${to.id}` : undefined;
    const lost = pair === undefined ? 0 : (lostInRow.get(pair) ?? 0);
    const loses = random.next() < loss && lost < mostLost;
    if (pair !== undefined) lostInRow.set(pair, loses ? lost + 1 : 0);
    if (loses) return [];
    return random.next() < 0.1 ? [delay(), delay()] : [delay()];
  };
}

describe('whatever the bus does', () => {
  test.each([
    ['once a call resolved, nobody relies on what it made invalid without having applied it', 'strict'],
    ['a bound after a call resolved, nobody does', 'partition-safe'],
    ['a bound after the message was sent, nobody does', 'bounded'],
  ] as const)('%s (%s)', { timeout: 120_000 }, async (_promise, level) => {
    let acknowledged = 0;
    let checked = 0;
    await fc.assert(
      fc.asyncProperty(program, async (given) => {
        const run = new Run(level, given);
        await run.all(given.steps);
        acknowledged += run.acknowledged;
        checked += run.checked;
      }),
      { numRuns: Number(process.env['CHANNEL_RUNS'] ?? 150) },
    );
    expect(acknowledged, 'the programs do get something acknowledged').toBeGreaterThan(100);
    expect(checked).toBeGreaterThan(1000);
  });
});
