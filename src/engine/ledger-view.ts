import type { Clock } from '../base/clock.ts';
import { CachectlError } from '../base/errors.ts';
import type { Notice } from '../backends/bus.ts';
import type { Ledger, LedgerAdvance, LedgerChange, LedgerPage } from '../backends/ledger.ts';
import { stampOf, type Trust, trusts, type TrustStamp } from './coherence/trust.ts';
import { Breaker } from './breaker.ts';
import { Deadlines } from './deadlines.ts';
import { compilePattern } from './pattern.ts';

/** What an entry says of itself to be judged by. */
export interface Written {
  /** Empty when the ledger could not be read when the value was. */
  readonly incarnation: string;
  readonly epoch: number;
  readonly tags: readonly string[];
}

/** `unknown`: the ledger has to be read first. */
export type Judgement = 'valid' | 'invalid' | 'unknown';

interface Page {
  readonly incarnation: string;
  readonly epoch: number;
  readonly floor: number;
  readonly patterns: readonly { readonly epoch: number; readonly matches: (key: string) => boolean }[];
  readonly newestPattern: number;
  readonly stamp: TrustStamp;
}

interface TagNumber {
  readonly epoch: number;
  readonly stamp: TrustStamp;
}

const NEVER: TrustStamp = { generation: -1, atMs: -Infinity };
const MOST_TAGS = 10_000;
/** A read that waits for the ledger waits no longer than for a tier. */
const READ_DEADLINE_MS = 40;
const PROBE_AFTER_MS = 250;

/**
 * What this process knows of the ledger. It is trusted like everything learnt from others; what is not known,
 * or not trusted any more, is read when an entry has to be judged by it.
 */
export class LedgerView {
  readonly #ledger: Ledger;
  readonly #trust: Trust;
  readonly #clock: Clock;
  readonly #tags = new Map<string, TagNumber>();
  #page: Page | undefined;
  #reading: { readonly tags: ReadonlySet<string>; readonly done: Promise<boolean> } | undefined;
  readonly #breaker = new Breaker({ failures: 1, probeAfterMs: PROBE_AFTER_MS }, () => {});
  readonly #deadlines: Deadlines;
  /** Changes when what was judged valid before may no longer be. */
  version = 0;
  /** When this process last changed the ledger, or heard of a change: it is not to serve unjudged what it learnt before. */
  changedMs: number = -Infinity;

  constructor(ledger: Ledger, trust: Trust, clock: Clock) {
    this.#ledger = ledger;
    this.#trust = trust;
    this.#clock = clock;
    const late = (): Error => new CachectlError('DEADLINE_EXCEEDED', 'the ledger did not answer in time');
    this.#deadlines = new Deadlines(READ_DEADLINE_MS, clock, late);
  }

  /**
   * What a value that is read from now on is to carry: the last that is known, however old, since a number that is
   * too low only makes the entry invalid. Undefined before the ledger was ever read.
   */
  get reached(): { readonly incarnation: string; readonly epoch: number } | undefined {
    return this.#page;
  }

  /** Whether the page, and the records of these tags, are known, and trusted or read since `sinceMs`. */
  knows(tags: readonly string[], sinceMs: number): boolean {
    const nowMs = this.#clock.nowMs();
    const holds = (stamp: TrustStamp): boolean => stamp.atMs >= sinceMs || trusts(this.#trust, stamp, nowMs);
    if (this.#page === undefined || !holds(this.#page.stamp)) return false;
    return tags.every((tag) => {
      const known = this.#tags.get(tag);
      return known !== undefined && holds(known.stamp);
    });
  }

  /** @param sinceMs when the read that asks began; what was learnt since then needs no trust */
  judge(key: string, written: Written, sinceMs: number): Judgement {
    const page = this.#page;
    if (page === undefined) return 'unknown';
    // What is known against an entry holds even where it is too old to speak for one.
    if (written.incarnation !== page.incarnation) return 'invalid';
    if (written.epoch < page.floor) return 'invalid';
    if (written.epoch < page.newestPattern) {
      const hit = page.patterns.some(({ epoch, matches }) => written.epoch < epoch && matches(key));
      if (hit) return 'invalid';
    }
    if (written.tags.some((tag) => written.epoch < (this.#tags.get(tag)?.epoch ?? 0))) return 'invalid';
    return this.knows(written.tags, sinceMs) ? 'valid' : 'unknown';
  }

  /** From before the oldest was read of what an entry with these tags is judged by: a change since then may be unheard of. */
  learntAt(tags: readonly string[]): TrustStamp {
    let oldest = this.#page?.stamp ?? NEVER;
    for (const tag of tags) {
      const { stamp } = this.#tags.get(tag) ?? { stamp: NEVER };
      if (stamp.atMs < oldest.atMs) oldest = stamp;
    }
    return oldest;
  }

  /** Reads the page and what is not known of these tags; false when the ledger cannot be read. Never rejects. */
  async learn(tags: readonly string[]): Promise<boolean> {
    const current = this.#reading;
    if (current !== undefined && tags.every((tag) => current.tags.has(tag))) return current.done;
    const own = { tags: new Set(tags), done: this.#read(tags) };
    this.#reading = own;
    try {
      return await own.done;
    } finally {
      if (this.#reading === own) this.#reading = undefined;
    }
  }

  /** @throws what the ledger rejects with */
  async advance(change: LedgerChange, notice: Notice | undefined): Promise<LedgerAdvance> {
    const stamp = stampOf(this.#trust, this.#clock.nowMs());
    const version = this.version;
    const advanced = await this.#ledger.advance(change, notice);
    // answers of several connections may come in another order than they were given in
    if (version === this.version) this.#keep(change.tags ?? [], advanced.page, stamp);
    else this.forget(change.tags ?? [], true);
    this.version++;
    this.changedMs = this.#clock.nowMs();
    return advanced;
  }

  /** Another instance changed these. */
  forget(tags: readonly string[], page: boolean): void {
    for (const tag of tags) this.#distrust(tag);
    if (page) this.#forgetPage();
    this.#reading = undefined;
    this.version++;
    this.changedMs = this.#clock.nowMs();
  }

  /** Everything may have changed. */
  forgetAll(): void {
    this.forget([...this.#tags.keys()], true);
  }

  async #read(tags: readonly string[]): Promise<boolean> {
    const ask = (): Promise<boolean> => this.#ask(tags);
    return this.#breaker.admits(this.#clock.nowMs(), () => void ask()) ? ask() : false;
  }

  async #ask(tags: readonly string[]): Promise<boolean> {
    const stamp = stampOf(this.#trust, this.#clock.nowMs());
    const version = this.version;
    try {
      const page = await this.#deadlines.bound(this.#ledger.read(tags));
      this.#breaker.succeeded();
      // what was heard meanwhile may be newer than what was read
      if (version !== this.version) return false;
      this.#keep(tags, page, stamp);
      return true;
    } catch {
      this.#breaker.failed(this.#clock.nowMs());
      return false;
    }
  }

  #keep(tags: readonly string[], page: LedgerPage, stamp: TrustStamp): void {
    if (tags.length !== page.tags.length) {
      throw new CachectlError(
        'UNEXPECTED',
        `the ledger told of ${page.tags.length} tags, not ${tags.length}`,
      );
    }
    if (this.#page !== undefined && this.#page.incarnation !== page.incarnation) {
      this.#tags.clear();
      this.version++;
    } else if (this.#page !== undefined && this.#page.epoch > page.epoch) {
      this.#raise(tags, page);
      return;
    }
    this.#page = {
      incarnation: page.incarnation,
      epoch: page.epoch,
      floor: page.floor,
      patterns: page.patterns.map(({ pattern, epoch }) => ({ epoch, matches: compilePattern(pattern) })),
      newestPattern: page.patterns.reduce((newest, { epoch }) => Math.max(newest, epoch), 0),
      stamp,
    };
    if (this.#tags.size + tags.length > MOST_TAGS) this.#tags.clear();
    for (const [i, tag] of tags.entries()) this.#tags.set(tag, { epoch: page.tags[i] ?? Infinity, stamp });
  }

  /** An answer that was overtaken by a newer one: what it says against entries holds nevertheless. */
  #raise(tags: readonly string[], page: LedgerPage): void {
    for (const [i, tag] of tags.entries()) {
      const known = this.#tags.get(tag);
      const epoch = page.tags[i] ?? Infinity;
      if (known !== undefined && known.epoch < epoch) this.#tags.set(tag, { epoch, stamp: known.stamp });
    }
  }

  /** The page is kept for {@link reached}, and for what it says against entries, but not trusted. */
  #forgetPage(): void {
    if (this.#page !== undefined) this.#page = { ...this.#page, stamp: NEVER };
  }

  #distrust(tag: string): void {
    const known = this.#tags.get(tag);
    if (known !== undefined) this.#tags.set(tag, { epoch: known.epoch, stamp: NEVER });
  }
}
