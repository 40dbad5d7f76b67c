import { delay } from '../base/deadline.ts';
import { type Answer, answerOf, NOTHING } from './answer.ts';
import { earlyBySomeMs } from './early-refresh.ts';
import type { FillPath } from './fill-path.ts';
import { Flights } from './flights.ts';
import type { FreshnessMs } from './freshness.ts';
import { freshnessOf, type LoadRequest } from './load.ts';
import type { Loads } from './loads.ts';
import type { EngineParts } from './parts.ts';
import type { Reading, Timed, Wanted } from './reading.ts';
import type { ReadPath } from './read-path.ts';
import type { StaleReason } from './signals.ts';

const FIRST_WAIT_MS = 4;
const LONGEST_WAIT_MS = 50;

/**
 * Reads that share their work: one look and one load for each key, however many callers and processes want it at
 * once.
 *
 * A key that no tier has is loaded by whoever was granted the lease of the nearest tier that answers. The others
 * look again until it is there, or the lease has run out, or they waited long enough to load themselves. A load that
 * fails is noted there, and all are given its error until its back-off is over.
 */
export class LoadPath {
  readonly #parts: EngineParts;
  readonly #reads: ReadPath;
  readonly #fills: FillPath;
  readonly #looks: Flights<Answer>;
  readonly #loads: Flights<Answer>;
  readonly #own: Loads;

  constructor(parts: EngineParts, reads: ReadPath, fills: FillPath, loads: Loads) {
    const { channel, clock } = parts;
    this.#parts = parts;
    this.#reads = reads;
    this.#fills = fills;
    this.#own = loads;
    this.#looks = new Flights(channel.trust, clock);
    this.#loads = new Flights(channel.trust, clock);
  }

  /** Looks into the tiers; keys that others look for already are joined, the rest is one call a tier. */
  look(wanted: readonly Wanted[]): Promise<readonly Answer[]> {
    return shared(this.#looks, wanted, async (own) => {
      const readings = await this.#read(own, 'look');
      return readings.map(async ({ entry }) => (entry === undefined ? NOTHING : answerOf(entry)));
    });
  }

  /** Looks into the tiers, and loads what nobody has with one call of the loader. */
  lookOrLoad(wanted: readonly Wanted[], request: LoadRequest): Promise<readonly Answer[]> {
    return shared(this.#loads, wanted, (own) => this.#obtain(own, request));
  }

  /** The same for one key. */
  lookOrLoadOne(wanted: Wanted, request: LoadRequest): Promise<Answer> {
    return alone(this.#loads, wanted, (own) => this.#obtain(own, request));
  }

  /** Who asks for these keys from now on starts anew. */
  abandon(keys: readonly string[]): void {
    for (const key of keys) {
      this.#looks.abandon(key);
      this.#loads.abandon(key);
      this.#own.forgive(key);
    }
  }

  abandonAll(): void {
    this.#looks.abandonAll();
    this.#loads.abandonAll();
    this.#own.forgive(undefined);
  }

  /** Callers' reads that are under way. */
  get pending(): number {
    return this.#looks.size + this.#loads.size;
  }

  async #read(wanted: readonly Wanted[], purpose: 'look' | 'load'): Promise<readonly Reading[]> {
    const { fence } = this.#parts;
    const ticket = fence.enter();
    try {
      const readings = wanted.map((one) => this.#reads.begin(one, ticket));
      await this.#reads.look(readings, purpose);
      for (const reading of readings) {
        if (reading.state === 'found' && reading.wanted.route.slidingMs !== undefined)
          this.#own.slide(reading);
      }
      return readings;
    } finally {
      fence.leave();
    }
  }

  /** An answer for each key; the keys that this process is to load are loaded with one call. */
  async #obtain(wanted: readonly Wanted[], request: LoadRequest): Promise<readonly Promise<Answer>[]> {
    const { fence } = this.#parts;
    // the fence is kept until the fills are done: what is invalidated until then must be remembered
    fence.enter();
    const readings = await this.#read(wanted, 'load');
    const missing = readings.filter((reading) => this.#isMissing(reading, request));
    const loading = missing.length === 0 ? undefined : this.#own.load(missing, request);
    let open = readings.length;
    const settled = (): void => {
      if (--open === 0) fence.leave();
    };
    return readings.map((reading) => {
      const place = missing.indexOf(reading);
      const answer =
        place < 0
          ? this.#answer(reading, request)
          : (loading ?? Promise.resolve([])).then((loaded) => loaded[place] ?? NOTHING);
      answer.then(settled, settled);
      return answer;
    });
  }

  /** Whether nobody has it, nobody else loads it, and nothing is known against loading it here and now. */
  #isMissing({ state, stale, wanted }: Reading, request: LoadRequest): boolean {
    if (state !== 'open' || this.#own.failureOf(wanted.key) !== undefined) return false;
    return stale === undefined || this.#staleNow(stale, freshnessOf(wanted, request)) === undefined;
  }

  async #answer(reading: Reading, request: LoadRequest): Promise<Answer> {
    const { wanted, state, entry, stale } = reading;
    const freshness = freshnessOf(wanted, request);
    if (entry !== undefined) {
      if (this.#isDue(entry, freshness)) this.#own.refresh(wanted, request, entry);
      return answerOf(entry);
    }
    const servable = stale === undefined ? undefined : this.#staleNow(stale, freshness);
    if (stale !== undefined && servable === 'while-revalidate') {
      this.#fills.giveUp(reading);
      if (state === 'open' && this.#own.failureOf(wanted.key) === undefined)
        this.#own.refresh(wanted, request, stale);
      return this.#serveStale(wanted, stale, servable);
    }
    const failure = this.#own.failureOf(wanted.key)?.error ?? reading.failure;
    if (failure !== undefined) {
      this.#fills.giveUp(reading);
      if (stale !== undefined && servable === 'if-error') return this.#serveStale(wanted, stale, servable);
      throw failure;
    }
    if (stale !== undefined && servable === 'if-error') return this.#loadOverStale(reading, stale, request);
    return this.#waitAndLoad(wanted, request, this.#parts.lease.waitMs);
  }

  /** Another process loads it: looks again, less and less often, until there is an answer or the time is over. */
  async #waitAndLoad(wanted: Wanted, request: LoadRequest, waitMs: number): Promise<Answer> {
    const { clock, random, closing } = this.#parts;
    const endMs = clock.nowMs() + waitMs;
    for (let pauseMs = FIRST_WAIT_MS; ; pauseMs = Math.min(LONGEST_WAIT_MS, pauseMs * 1.5)) {
      await delay(clock, pauseMs * (0.5 + random.next()), closing);
      const [reading] = await this.#read([wanted], 'load');
      if (reading === undefined) return NOTHING;
      const isLate = clock.nowMs() >= endMs;
      if (reading.state === 'held' && !isLate) continue;
      if (this.#isMissing(reading, request) || reading.state === 'held') {
        return (await this.#own.load([reading], request))[0] ?? NOTHING;
      }
      return this.#answer(reading, request);
    }
  }

  /** There is an old value for the case that loading fails or takes too long. */
  async #loadOverStale(reading: Reading, stale: Timed, request: LoadRequest): Promise<Answer> {
    const { wanted } = reading;
    const freshness = freshnessOf(wanted, request);
    const work =
      reading.state === 'held'
        ? this.#waitAndLoad(wanted, request, this.#parts.lease.waitMs)
        : this.#own.load([reading], request).then(([answer]) => answer ?? NOTHING);
    try {
      return await this.#within(work, freshness.softTimeoutMs, () =>
        this.#serveStale(wanted, stale, 'soft-timeout'),
      );
    } catch {
      return this.#serveStale(wanted, stale, 'if-error');
    }
  }

  async #within(work: Promise<Answer>, limitMs: number, otherwise: () => Answer): Promise<Answer> {
    if (limitMs === Infinity) return work;
    const { clock } = this.#parts;
    let cancel: () => void = () => {};
    const late = new Promise<Answer>((resolve) => {
      cancel = clock.setTimer(() => resolve(otherwise()), limitMs);
    });
    work.catch(() => {});
    return Promise.race([work, late]).finally(cancel);
  }

  #serveStale({ key }: Wanted, stale: Timed, why: StaleReason): Answer {
    this.#parts.counts.stale++;
    this.#parts.signals.emit('stale', { key, why });
    return { ...answerOf(stale), stale: why };
  }

  /** What an expired entry may still be served for. */
  #staleNow(stale: Timed, freshness: FreshnessMs): 'while-revalidate' | 'if-error' | undefined {
    const nowMs = this.#parts.clock.nowMs();
    if (nowMs >= stale.keptUntilMs) return undefined;
    if (nowMs < stale.freshUntilMs + freshness.revalidateMs) return 'while-revalidate';
    return nowMs < stale.freshUntilMs + freshness.ifErrorMs ? 'if-error' : undefined;
  }

  #isDue({ freshUntilMs, found }: Timed, { earlyRefresh }: FreshnessMs): boolean {
    if (earlyRefresh === 0 || freshUntilMs === Infinity) return false;
    const leftMs = freshUntilMs - this.#parts.clock.nowMs();
    return leftMs <= earlyBySomeMs(found.meta.loadMs, earlyRefresh, this.#parts.random);
  }
}

/** One piece of work for all keys that are not in flight already; each key's flight ends with its own answer. */
function shared(
  flights: Flights<Answer>,
  wanted: readonly Wanted[],
  work: (own: readonly Wanted[]) => Promise<readonly Promise<Answer>[]>,
): Promise<readonly Answer[]> {
  const [only] = wanted;
  if (wanted.length === 1 && only !== undefined) return alone(flights, only, work).then((answer) => [answer]);
  const own: Wanted[] = [];
  let start: () => void = () => {};
  const started = new Promise<void>((resolve) => {
    start = resolve;
  });
  let batch: Promise<readonly Promise<Answer>[]> | undefined;
  const joined = wanted.map((item) =>
    flights.run(item.key, async () => {
      const place = own.push(item) - 1;
      await started;
      batch ??= work(own);
      return (await batch)[place] ?? NOTHING;
    }),
  );
  start();
  return Promise.all(joined);
}

function alone(
  flights: Flights<Answer>,
  wanted: Wanted,
  work: (own: readonly Wanted[]) => Promise<readonly Promise<Answer>[]>,
): Promise<Answer> {
  return flights.run(wanted.key, async () => (await work([wanted]))[0] ?? NOTHING);
}
