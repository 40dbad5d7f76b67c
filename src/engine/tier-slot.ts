import type { Clock } from '../base/clock.ts';
import { CachectlError, isCachectlError } from '../base/errors.ts';
import type { Notice } from '../backends/bus.ts';
import type {
  Announced,
  FailureNote,
  FencedAccess,
  Fetched,
  HeldLease,
  Invalidated,
  Lease,
  LeasedEntry,
  Settled,
} from '../backends/fenced.ts';
import type { LocalAccess, Tier } from '../backends/tier.ts';
import type { TierEntry, TierHit } from '../backends/tier-entry.ts';
import { TierCounters } from '../metrics/counters.ts';
import { Breaker, type BreakerState } from './breaker.ts';
import { Deadlines } from './deadlines.ts';
import { JoinedFetches } from './joined-fetches.ts';
import { durationMs, type TierFailure, type TierSpec } from './options.ts';
import { PlainAccess } from './plain-access.ts';

/** What one tier did for this cache. */
export type TierCounts = Readonly<TierCounters>;

export interface SlotListener {
  onFailure(failure: TierFailure): void;
  onBreaker(tier: string, state: BreakerState): void;
}

/** How long a read waits for a tier: a server that takes longer is slower than many a load. */
const READ_DEADLINE_MS = 40;
/** The same for a tier on disk. */
const PERSISTENT_READ_DEADLINE_MS = 250;
const BREAKER_FAILURES = 5;
const BREAKER_PROBE_MS = 250;

/**
 * One tier as the cache uses it: bounded, counted, left alone while it fails, and with reads and fills that never
 * throw. Changes (store, invalidate, claim, settle) are tried always and give back the failure, since it matters.
 */
export class TierSlot {
  readonly tier: Tier;
  readonly name: string;
  /** Bound on the time to live here; Infinity without one. */
  readonly ttlMs: number;
  readonly local: LocalAccess | undefined;
  readonly counts: TierCounters = new TierCounters();
  readonly breaker: Breaker;
  readonly #access: FencedAccess;
  readonly #fetches = new JoinedFetches<Fetched>((keys, withTtl) => this.fetch(keys, withTtl));
  readonly #reads = new JoinedFetches<TierHit | undefined>((keys, withTtl) => this.read(keys, withTtl));
  readonly #leaseMs: number;
  readonly #probeKey: string;
  readonly #deadlines: Deadlines;
  readonly #clock: Clock;
  readonly #listener: SlotListener;

  /**
   * @param prefix begins every key of this cache
   * @param leaseMs how long the leases of {@link fetch} last
   */
  constructor(
    spec: TierSpec & { readonly tier: Tier },
    prefix: string,
    leaseMs: number,
    clock: Clock,
    listener: SlotListener,
  ) {
    const { tier } = spec;
    this.tier = tier;
    this.name = tier.name;
    this.local = tier.local?.scope(prefix);
    this.ttlMs = spec.ttl === undefined ? Infinity : durationMs(spec.ttl, `tier ${this.name}: ttl`);
    this.#access = tier.fenced ?? new PlainAccess(tier);
    this.#leaseMs = leaseMs;
    this.#probeKey = `${prefix}~probe`;
    this.#clock = clock;
    this.#listener = listener;
    const limitMs = readDeadline(spec);
    const late = (): Error =>
      new CachectlError('DEADLINE_EXCEEDED', `${this.name}: no answer within ${limitMs} ms`);
    this.#deadlines = new Deadlines(limitMs, clock, late);
    const { failures = BREAKER_FAILURES, probeAfter = BREAKER_PROBE_MS } = spec.breaker ?? {};
    const settings = {
      failures,
      probeAfterMs: durationMs(probeAfter, `tier ${this.name}: breaker.probeAfter`),
    };
    this.breaker = new Breaker(settings, (state) => listener.onBreaker(this.name, state));
  }

  /**
   * In the order of the keys; undefined when the tier fails or is left alone.
   * @param withTtl whether the time that is left is needed: a hit without it looks as if it did not expire
   */
  async read(
    keys: readonly string[],
    withTtl: boolean,
  ): Promise<readonly (TierHit | undefined)[] | undefined> {
    const [only] = keys;
    const options = { withTtl };
    const hits = await this.#attempt('get', () =>
      only !== undefined && keys.length === 1
        ? this.tier.get(only, options).then((hit) => [hit])
        : this.tier.getMany(keys, options),
    );
    if (hits !== undefined) for (const hit of hits) this.#count(hit !== undefined);
    return hits;
  }

  /** One key again, to see what has become of it; not counted. */
  reread(key: string): Promise<TierHit | undefined> {
    return this.#attempt('get', () => this.tier.get(key, { withTtl: true }));
  }

  /** As {@link read}, with a lease for what is not there. */
  async fetch(keys: readonly string[], withTtl: boolean): Promise<readonly Fetched[] | undefined> {
    const [only] = keys;
    const options = { withTtl };
    const fetched = await this.#attempt('get', () =>
      only !== undefined && keys.length === 1
        ? this.#access.fetch(only, this.#leaseMs, options).then((one) => [one])
        : this.#access.fetchMany(keys, this.#leaseMs, options),
    );
    if (fetched !== undefined) for (const { state } of fetched) this.#count(state === 'hit');
    return fetched;
  }

  /** As {@link read} of one key, undefined also for a miss; what is read at the same time is one call. */
  readOne(key: string, withTtl: boolean): Promise<TierHit | undefined> {
    return this.#reads.fetch(key, withTtl);
  }

  /** As {@link fetch} of one key; what is fetched at the same time is one call. */
  fetchOne(key: string, withTtl: boolean): Promise<Fetched | undefined> {
    return this.#fetches.fetch(key, withTtl);
  }

  acquire(key: string, leaseMs: number): Promise<Lease | undefined> {
    return this.#attempt('lease', () => this.#access.acquire(key, leaseMs));
  }

  /** Undefined when the lease is lost, or the tier cannot tell. */
  renew(key: string, token: string, leaseMs: number): Promise<string | undefined> {
    return this.#attempt('lease', () => this.#access.renew(key, token, leaseMs));
  }

  async release(leases: readonly HeldLease[], failure?: FailureNote): Promise<void> {
    await this.#attempt('lease', () => this.#access.release(leases, failure));
  }

  /** In the order of the entries: whether stored; undefined when the tier fails. */
  fill(entries: readonly LeasedEntry[]): Promise<readonly boolean[] | undefined> {
    this.counts.sets += entries.length;
    return this.#attempt('set', () => this.#access.fill(entries));
  }

  store(entries: readonly TierEntry[], notice: Notice | undefined): Promise<Announced | TierFailure> {
    this.counts.sets += entries.length;
    return this.#change('set', this.#access.store(entries, notice));
  }

  invalidate(keys: readonly string[], notice: Notice | undefined): Promise<Invalidated | TierFailure> {
    this.counts.deletes += keys.length;
    return this.#change('delete', this.#access.invalidate(keys, notice));
  }

  claim(keys: readonly string[], leaseMs: number): Promise<readonly HeldLease[] | TierFailure> {
    this.counts.deletes += keys.length;
    return this.#change('delete', this.#access.claim(keys, leaseMs));
  }

  settle(entries: readonly LeasedEntry[], notice: Notice | undefined): Promise<Settled | TierFailure> {
    this.counts.sets += entries.length;
    return this.#change('set', this.#access.settle(entries, notice));
  }

  failed(operation: TierFailure['operation'], error: unknown): TierFailure {
    this.counts.errors++;
    const failure = { tier: this.name, operation, error };
    this.#listener.onFailure(failure);
    return failure;
  }

  /** A look for a key that nobody stores, to see whether the tier is back. */
  readonly #probe = (): void => void this.#try('get', () => this.tier.get(this.#probeKey));

  #count(hit: boolean): void {
    if (hit) this.counts.hits++;
    else this.counts.misses++;
  }

  async #attempt<T>(operation: TierFailure['operation'], work: () => Promise<T>): Promise<T | undefined> {
    if (!this.breaker.admits(this.#clock.nowMs(), this.#probe)) return undefined;
    return this.#try(operation, work);
  }

  async #try<T>(operation: TierFailure['operation'], work: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await this.#deadlines.bound(work());
      this.breaker.succeeded();
      return result;
    } catch (error) {
      this.#judge(error);
      this.failed(operation, error);
      return undefined;
    }
  }

  async #change<T>(operation: TierFailure['operation'], work: Promise<T>): Promise<T | TierFailure> {
    try {
      const result = await work;
      this.breaker.succeeded();
      return result;
    } catch (error) {
      this.#judge(error);
      return this.failed(operation, error);
    }
  }

  /** A server that answers with an error is not gone. */
  #judge(error: unknown): void {
    if (isCachectlError(error, 'DEADLINE_EXCEEDED', 'SERVER_UNREACHABLE', 'AUTH_FAILED')) {
      this.breaker.failed(this.#clock.nowMs());
    } else {
      this.breaker.succeeded();
    }
  }
}

export function isFailure(outcome: object): outcome is TierFailure {
  return 'error' in outcome;
}

function readDeadline({ tier, deadline }: TierSpec & { readonly tier: Tier }): number {
  if (deadline !== undefined) return durationMs(deadline, `tier ${tier.name}: deadline`);
  return tier.capabilities.persistent ? PERSISTENT_READ_DEADLINE_MS : READ_DEADLINE_MS;
}
