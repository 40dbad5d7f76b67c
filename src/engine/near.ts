import type { Clock } from '../base/clock.ts';
import { type Trust, trusts, type TrustStamp } from './coherence/trust.ts';
import type { LocalAccess } from '../backends/tier.ts';
import type { LedgerView } from './ledger-view.ts';
import type { Route } from './policies.ts';
import type { TierSlot } from './tier-slot.ts';
import type { Found } from './values.ts';

/** What the tier in this process keeps of an entry. Times are on the process' monotonic clock. */
export interface Held extends Found {
  /** When its value began to be read. */
  readonly readMs: number;
  /** From before its value was read, and what that was judged by. */
  readonly stamp: TrustStamp;
  /** Its logical expiry. */
  readonly freshUntilMs: number;
  /** Until when it may be served although it expired. */
  readonly keptUntilMs: number;
  /** Until when a hit needs no thought of refreshing it. */
  readonly quietUntilMs: number;
  /** Version of the ledger's view by which it was last found valid. */
  checked: number;
}

/** The tiers in this process: what may be served from them at once, and what only after a look at the ledger. */
export class Near {
  readonly #slots: readonly TierSlot[];
  readonly #trust: Trust;
  readonly #ledger: LedgerView;
  readonly #clock: Clock;
  readonly #locals: readonly LocalAccess[];
  #sinceMs = -Infinity;

  constructor(slots: readonly TierSlot[], trust: Trust, ledger: LedgerView, clock: Clock) {
    this.#slots = slots;
    this.#locals = slots.flatMap(({ local }) => local ?? []);
    this.#trust = trust;
    this.#ledger = ledger;
    this.#clock = clock;
  }

  /** The entry, when it can be served without a further look; counted then. The one call of every hit in this process. */
  hit(route: Route, key: string): Held | undefined {
    const slot = this.#slot(route);
    const local = slot?.local;
    if (slot === undefined || local === undefined) return undefined;
    const nowMs = this.#clock.nowMs();
    const held = local.read(key, nowMs)?.memo as Held | undefined;
    if (held === undefined) return undefined;
    if (
      held.stamp.generation === this.#trust.generation &&
      held.checked === this.#ledger.version &&
      nowMs < this.#trust.provenUntilMs &&
      nowMs < held.quietUntilMs
    ) {
      slot.counts.hits++;
      return held;
    }
    return undefined;
  }

  /** Whether there is anything to {@link inspect}. */
  holds(route: Route, key: string): boolean {
    return this.#read(route, key) !== undefined;
  }

  /** The entry, when it may still be served or refreshed; the ledger is read where it must be. */
  async inspect(route: Route, key: string): Promise<Held | undefined> {
    const held = this.#read(route, key);
    if (held === undefined) return undefined;
    const nowMs = this.#clock.nowMs();
    const isYoung = nowMs < held.stamp.atMs + this.#trust.boundMs;
    if (held.stamp.atMs <= this.#sinceMs || !trusts(this.#trust, held.stamp, nowMs)) return undefined;
    if (held.checked === this.#ledger.version) return held;
    let judgement = this.#ledger.judge(key, held.meta, nowMs);
    if (judgement === 'unknown' && (await this.#ledger.learn(held.meta.tags))) {
      judgement = this.#ledger.judge(key, held.meta, nowMs);
    }
    // the ledger cannot tell, and what is this young is within the bound whatever others changed
    if (judgement === 'unknown' && isYoung && held.stamp.atMs > this.#ledger.changedMs) return held;
    if (judgement === 'valid') {
      held.checked = this.#ledger.version;
      return held;
    }
    if (judgement === 'invalid') this.drop(key);
    return undefined;
  }

  write(route: Route, key: string, held: Held, keptMs: number): void {
    const slot = this.#slot(route);
    if (slot?.local === undefined) return;
    const ttlMs = keptMs === Infinity ? undefined : keptMs;
    slot.local.write(key, held.entry, ttlMs, held);
    slot.counts.sets++;
  }

  /** Whether it was there. */
  drop(key: string): boolean {
    let wasThere = false;
    for (const local of this.#locals) if (local.drop(key)) wasThere = true;
    return wasThere;
  }

  /** Nothing that was learnt until now is served any more; the ledger's view must have a new version. */
  forgetAll(): void {
    this.#sinceMs = this.#clock.nowMs();
  }

  count(route: Route, hit: boolean): void {
    const slot = this.#slot(route);
    if (slot === undefined) return;
    if (hit) slot.counts.hits++;
    else slot.counts.misses++;
  }

  /** What somebody else wrote into the tier carries no stamp, and cannot be trusted. */
  #read(route: Route, key: string, nowMs?: number): Held | undefined {
    return this.#slot(route)?.local?.read(key, nowMs)?.memo as Held | undefined;
  }

  #slot(route: Route): TierSlot | undefined {
    return route.near === undefined ? undefined : this.#slots[route.near];
  }
}
