import { messageOf } from '../base/errors.ts';
import { redact } from '../base/redact.ts';
import { type Answer, LOADER } from './answer.ts';
import { Failures } from './failures.ts';
import { type FillPath, type Loaded, SLIDE_AFTER } from './fill-path.ts';
import type { FreshnessMs } from './freshness.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { freshnessOf, LoadCalls, type LoadedValue, type LoadRequest } from './load.ts';
import { type NewEntries, tagsOf } from './new-entries.ts';
import type { EngineParts } from './parts.ts';
import type { Reading, Timed, Wanted } from './reading.ts';
import type { ReadPath } from './read-path.ts';

const LONGEST_MESSAGE = 200;

/** Calls loaders for keys that are this process' to load, and fills the tiers with what they give, under the leases of the readings. */
export class Loads {
  readonly #parts: EngineParts;
  readonly #reads: ReadPath;
  readonly #fills: FillPath;
  readonly #entries: NewEntries;
  readonly #failures: Failures;
  readonly #keeper: LeaseKeeper;
  readonly #calls: LoadCalls;
  readonly #refreshing = new Map<string, Promise<void>>();

  constructor(parts: EngineParts, reads: ReadPath, fills: FillPath, entries: NewEntries) {
    this.#parts = parts;
    this.#reads = reads;
    this.#fills = fills;
    this.#entries = entries;
    this.#failures = new Failures(parts.clock);
    this.#keeper = new LeaseKeeper(parts.lease.ttlMs, parts.clock);
    this.#calls = new LoadCalls(parts.clock);
  }

  /** The error of a load of the key that failed a short time ago. */
  failureOf(key: string): { readonly error: unknown } | undefined {
    return this.#failures.of(key);
  }

  /** Forgets that loading the key failed; undefined: all keys. */
  forgive(key: string | undefined): void {
    if (key === undefined) this.#failures.forgetAll();
    else this.#failures.forget(key);
  }

  /** Loads the key anew in the background, unless that is under way here or elsewhere. */
  refresh(wanted: Wanted, request: LoadRequest, old: Timed): void {
    if (this.#refreshing.has(wanted.key) || this.failureOf(wanted.key) !== undefined) return;
    this.#inBackground(wanted.key, this.#refreshNow(wanted, request, old));
  }

  /** Starts the lifetime of a sliding entry that was found again, in the background, when enough of it has passed. */
  slide({ wanted, entry }: Reading): void {
    const { slidingMs } = wanted.route;
    if (slidingMs === undefined || entry === undefined) return;
    const leftMs = entry.freshUntilMs - this.#parts.clock.nowMs();
    if (leftMs === Infinity || leftMs > slidingMs * (1 - SLIDE_AFTER)) return;
    if (!this.#refreshing.has(wanted.key)) this.#inBackground(wanted.key, this.#slideNow(wanted));
  }

  close(reason: Error): void {
    this.#calls.abortAll(reason);
    this.#keeper.close();
  }

  /** Waits until refreshes in the background have ended. */
  async settle(): Promise<void> {
    await Promise.all(this.#refreshing.values());
  }

  /** Work that is under way. */
  get pending(): number {
    return this.#calls.size + this.#keeper.size + this.#refreshing.size;
  }

  /** What fails is noted where callers find it. */
  #inBackground(key: string, work: Promise<void>): void {
    const own = work.catch(() => {}).finally(() => this.#refreshing.delete(key));
    this.#refreshing.set(key, own);
  }

  /**
   * The entry is read again once its leases are held: what was invalidated before that is not brought back. It goes only
   * into the tier that had it and nearer ones: an invalidation begins with the farthest, so a nearer tier may still have
   * what a farther one was rid of before our lease in it.
   */
  async #slideNow(wanted: Wanted): Promise<void> {
    const { fence } = this.#parts;
    const reading = this.#reads.begin(wanted, fence.enter());
    try {
      if (!(await this.#reads.acquire(reading))) return;
      const found = await this.#reads.reread(reading);
      if (found === undefined) return;
      const beyond = reading.leases.filter(({ tier }) => tier > found.tier);
      reading.leases = reading.leases.filter(({ tier }) => tier <= found.tier);
      const entry = { ...found.entry, freshUntilMs: Infinity, keptUntilMs: Infinity };
      await this.#fills.fill([{ reading, entry }], wanted.route.freshness);
      reading.leases = beyond;
    } finally {
      this.#fills.giveUp(reading);
      fence.leave();
    }
  }

  async #refreshNow(wanted: Wanted, request: LoadRequest, old: Timed): Promise<void> {
    const { fence } = this.#parts;
    const ticket = fence.enter();
    try {
      const reading = this.#reads.begin(wanted, ticket);
      reading.stale = old;
      if (await this.#reads.acquire(reading)) await this.load([reading], request);
    } finally {
      fence.leave();
    }
  }

  /** Loads with one call, and fills. Rejects with the loader's error, after it is noted where others find it. */
  async load(readings: readonly Reading[], request: LoadRequest): Promise<readonly Answer[]> {
    const { clock, counts, fence } = this.#parts;
    const wanted = readings.map((reading) => reading.wanted);
    const freshness = freshnessOf(wanted[0] as Wanted, request);
    fence.enter();
    this.#keeper.keep(readings);
    counts.loads += wanted.length;
    const startMs = clock.nowMs();
    try {
      const tags = wanted.map((one) => tagsOf(one, request.tags));
      const mark = await this.#entries.mark([...new Set(tags.flat())]);
      const values = await this.#calls.call(
        request,
        wanted,
        this.#staleValues(readings),
        freshness.hardTimeoutMs,
      );
      const loadMs = clock.nowMs() - startMs;
      const late = [...new Set(values.flatMap((one) => one.tags))];
      if (late.length > 0) await this.#parts.ledger.learn(late);
      const loaded: Loaded[] = [];
      const answers = readings.map((reading, i) => {
        const { value, store, ttlMs = request.ttlMs, tags: added } = values[i] as LoadedValue;
        if (value === undefined) return { source: LOADER };
        const allTags = added.length === 0 ? (tags[i] ?? []) : [...(tags[i] ?? []), ...added];
        const entry = this.#entries.entry(value, { mark, tags: allTags, ttlMs, loadMs, freshness });
        if (store) loaded.push({ reading, entry });
        return { source: LOADER, found: entry.found };
      });
      await this.#fills.fill(loaded, freshness);
      this.#tellLoaded(wanted, loadMs);
      return answers;
    } catch (error) {
      await this.#noteFailure(readings, error, freshness, clock.nowMs() - startMs);
      throw error;
    } finally {
      this.#keeper.drop(readings);
      for (const reading of readings) this.#fills.giveUp(reading);
      fence.leave();
    }
  }

  #staleValues(readings: readonly Reading[]): readonly unknown[] {
    return readings.map(({ stale }) =>
      stale === undefined ? undefined : this.#parts.values.handOut(stale.found),
    );
  }

  #tellLoaded(wanted: readonly Wanted[], tookMs: number): void {
    const { signals } = this.#parts;
    for (const { key, route } of wanted) {
      route.counts.loads++;
      signals.emit('load', { key, tookMs, error: undefined });
    }
  }

  /** Where callers of this and other processes find it until the back-off is over. An expired value is good for that long, too. */
  async #noteFailure(
    readings: readonly Reading[],
    error: unknown,
    freshness: FreshnessMs,
    tookMs: number,
  ): Promise<void> {
    const { counts, signals, clock, fence, closing } = this.#parts;
    counts.loadErrors += readings.length;
    const message = redact(messageOf(error)).slice(0, LONGEST_MESSAGE);
    await Promise.all(
      readings.map(async (reading) => {
        const { wanted, stale, stored } = reading;
        wanted.route.counts.loadErrors++;
        signals.emit('load', { key: wanted.key, tookMs, error });
        const forMs = stale === undefined ? freshness.backoffMs : freshness.throttleMs;
        // who asks after an invalidation asks for something else
        if (fence.holds(wanted.key, reading.ticket)) this.#failures.note(wanted.key, error, forMs);
        const leases = reading.leases;
        reading.leases = [];
        const nowMs = clock.nowMs();
        if (stale !== undefined && nowMs < stale.keptUntilMs) this.#throttle(reading, stale, forMs, nowMs);
        const note = forMs > 0 && !closing.aborted ? { message, forMs } : undefined;
        await Promise.all(leases.map(({ slot, token }) => slot.release([{ key: stored, token }], note)));
      }),
    );
  }

  /** Puts the expired entry into the tier in this process as if it were good until the next attempt; never longer than it is kept. */
  #throttle(reading: Reading, old: Timed, forMs: number, nowMs: number): void {
    const untilMs = Math.min(old.keptUntilMs, Math.max(old.freshUntilMs, nowMs + forMs));
    const freshness = { ...reading.wanted.route.freshness, earlyRefresh: 0 };
    this.#fills.keepNear(reading, { ...old, freshUntilMs: untilMs }, freshness);
  }
}
