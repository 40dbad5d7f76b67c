import { delay } from '../base/deadline.ts';
import { type Answer, answerOf, NOTHING } from './answer.ts';
import { earlyBySomeMs } from './early-refresh.ts';
import type { FillPath } from './fill-path.ts';
import { Flights, type MaybeLater } from './flights.ts';
import type { FreshnessMs } from './freshness.ts';
import { freshnessOf, type LoadRequest } from './load.ts';
import type { Loads } from './loads.ts';
import type { EngineParts } from './parts.ts';
import type { Reading, Timed, Wanted } from './reading.ts';
import type { ReadPath } from './read-path.ts';
import type { StaleReason } from './signals.ts';

const FIRST_WAIT_MS = 4;
const LONGEST_WAIT_MS = 50;
const NONE: Promise<readonly Answer[]> = Promise.resolve([]);

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

  /** Looks into the tiers; who looks for the key already is joined. */
  lookOne(wanted: Wanted): Promise<Answer> {
    return this.#looks.run(wanted.key, () => this.#lookAlone(wanted));
  }

  /** The same for many keys, with one call a tier for those that nobody looks for yet. */
  look(wanted: readonly Wanted[]): Promise<readonly Answer[]> {
    return this.#looks.runMany(keysOf(wanted), (own) => this.#lookTogether(only(own, wanted)));
  }

  /** Looks into the tiers, and loads what nobody has. */
  lookOrLoadOne(wanted: Wanted, request: LoadRequest): Promise<Answer> {
    return this.#loads.run(wanted.key, () => this.#obtainAlone(wanted, request));
  }

  /** The same for many keys, with one call of the loader. */
  lookOrLoad(wanted: readonly Wanted[], request: LoadRequest): Promise<readonly Answer[]> {
    return this.#loads.runMany(keysOf(wanted), (own) => this.#obtainTogether(only(own, wanted), request));
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

  async #lookAlone(wanted: Wanted): Promise<Answer> {
    const { fence } = this.#parts;
    const reading = this.#reads.begin(wanted, fence.enter());
    try {
      await this.#reads.lookOne(reading, 'look');
      this.#own.slide(reading);
    } finally {
      fence.leave();
    }
    return reading.entry === undefined ? NOTHING : answerOf(reading.entry);
  }

  async #lookTogether(wanted: readonly Wanted[]): Promise<readonly Answer[]> {
    const { fence } = this.#parts;
    const ticket = fence.enter();
    try {
      const readings = wanted.map((one) => this.#reads.begin(one, ticket));
      await this.#reads.look(readings, 'look');
      for (const reading of readings) this.#own.slide(reading);
      return readings.map(({ entry }) => (entry === undefined ? NOTHING : answerOf(entry)));
    } finally {
      fence.leave();
    }
  }

  /** An answer for one key; the fence is kept until it is there: what is invalidated before its fill must be remembered. */
  async #obtainAlone(wanted: Wanted, request: LoadRequest): Promise<Answer> {
    const { fence } = this.#parts;
    const reading = this.#reads.begin(wanted, fence.enter(), request.freshness);
    try {
      await this.#reads.lookOne(reading, 'load');
      this.#own.slide(reading);
      if (!this.#isMissing(reading, request)) return await this.#answer(reading, request);
      return (await this.#own.load([reading], request))[0] ?? NOTHING;
    } finally {
      fence.leave();
    }
  }

  /** An answer for each key; the keys that this process is to load are loaded with one call. The fence is kept as above. */
  async #obtainTogether(
    wanted: readonly Wanted[],
    request: LoadRequest,
  ): Promise<readonly MaybeLater<Answer>[]> {
    const { fence } = this.#parts;
    const ticket = fence.enter();
    const later: Promise<Answer>[] = [];
    try {
      const readings = wanted.map((one) => this.#reads.begin(one, ticket, request.freshness));
      await this.#reads.look(readings, 'load');
      for (const reading of readings) this.#own.slide(reading);
      const missing = readings.filter((reading) => this.#isMissing(reading, request));
      const loading = missing.length === 0 ? NONE : this.#own.load(missing, request);
      let next = 0;
      return readings.map((reading) => {
        const place = reading === missing[next] ? next++ : -1;
        const answer =
          place < 0 ? this.#answer(reading, request) : loading.then((loaded) => loaded[place] ?? NOTHING);
        if (answer instanceof Promise) later.push(answer);
        return answer;
      });
    } finally {
      void Promise.allSettled(later).then(() => fence.leave());
    }
  }

  /** Whether nobody has it, nobody else loads it, and nothing is known against loading it here and now. */
  #isMissing({ state, stale, wanted }: Reading, request: LoadRequest): boolean {
    if (state !== 'open' || this.#own.failureOf(wanted.key) !== undefined) return false;
    return stale === undefined || this.#staleNow(stale, freshnessOf(wanted, request)) === undefined;
  }

  #answer(reading: Reading, request: LoadRequest): MaybeLater<Answer> {
    const { wanted, entry } = reading;
    if (entry === undefined) return this.#answerWithout(reading, request);
    if (this.#isDue(entry, freshnessOf(wanted, request))) this.#own.refresh(wanted, request, entry);
    return answerOf(entry);
  }

  /** Nobody has it fresh, and it is not to be loaded here and now. */
  async #answerWithout(reading: Reading, request: LoadRequest): Promise<Answer> {
    const { wanted, state, stale } = reading;
    const freshness = freshnessOf(wanted, request);
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
      const reading = await this.#readAgain(wanted, request);
      const isLate = clock.nowMs() >= endMs;
      if (reading.state === 'held' && !isLate) continue;
      if (this.#isMissing(reading, request) || reading.state === 'held') {
        return (await this.#own.load([reading], request))[0] ?? NOTHING;
      }
      return this.#answer(reading, request);
    }
  }

  async #readAgain(wanted: Wanted, request: LoadRequest): Promise<Reading> {
    const { fence } = this.#parts;
    const reading = this.#reads.begin(wanted, fence.enter(), request.freshness);
    try {
      await this.#reads.lookOne(reading, 'load');
      this.#own.slide(reading);
      return reading;
    } finally {
      fence.leave();
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

function keysOf(wanted: readonly Wanted[]): readonly string[] {
  return wanted.map(({ key }) => key);
}

/** Those at the places. */
function only(places: readonly number[], wanted: readonly Wanted[]): readonly Wanted[] {
  return places.length === wanted.length ? wanted : places.map((i) => wanted[i] as Wanted);
}
