import { CachectlError } from '../base/errors.ts';
import { jittered } from './early-refresh.ts';
import { type FreshnessMs, graceOf } from './freshness.ts';
import type { EngineParts } from './parts.ts';
import type { Timed, Wanted } from './reading.ts';

/** A value that somebody hands to the cache. */
export interface NewValue {
  readonly wanted: Wanted;
  readonly value: unknown;
  /** Infinity: as long as each tier keeps it. */
  readonly ttlMs: number;
  /** Besides those of the route. */
  readonly tags: readonly string[];
}

/** What an entry carries of the ledger: from before its value was known. */
export interface LedgerMark {
  readonly incarnation: string;
  readonly epoch: number;
}

/** Makes entries out of values. */
export class NewEntries {
  readonly #parts: EngineParts;

  constructor(parts: EngineParts) {
    this.#parts = parts;
  }

  /**
   * The mark for values that are read from now on, under these tags; without an incarnation when the ledger cannot be
   * read: such an entry is for this process only, and not for long.
   */
  async mark(tags: readonly string[]): Promise<LedgerMark> {
    const { ledger, clock } = this.#parts;
    if (ledger.reached === undefined || !ledger.knows(tags, clock.nowMs())) await ledger.learn(tags);
    const { incarnation, epoch } = ledger.reached ?? { incarnation: '', epoch: 0 };
    return { incarnation, epoch };
  }

  /** {@link mark} under all tags of these. */
  markFor(values: readonly NewValue[]): Promise<LedgerMark> {
    return this.mark([...new Set(values.flatMap(({ wanted, tags }) => tagsOf(wanted, tags)))]);
  }

  /**
   * @param mark from before the values were known; default: now
   * @throws CachectlError `BAD_USAGE` for a value that cannot be stored
   */
  async make(values: readonly NewValue[], mark?: LedgerMark): Promise<{ wanted: Wanted; entry: Timed }[]> {
    for (const { value, wanted } of values) {
      if (value !== undefined) continue;
      throw new CachectlError('BAD_USAGE', `${wanted.key}: undefined is no value`, {
        hint: 'store null, or delete the key',
      });
    }
    const tags = values.map(({ wanted, tags: own }) => tagsOf(wanted, own));
    const own = mark ?? (await this.markFor(values));
    return values.map(({ wanted, value, ttlMs }, i) => ({
      wanted,
      entry: this.entry(value, {
        mark: own,
        tags: tags[i] ?? [],
        ttlMs,
        loadMs: 0,
        freshness: wanted.route.freshness,
      }),
    }));
  }

  entry(
    value: unknown,
    how: {
      readonly mark: LedgerMark;
      readonly tags: readonly string[];
      readonly ttlMs: number;
      readonly loadMs: number;
      readonly freshness: FreshnessMs;
    },
  ): Timed {
    const { format, values, clock, random } = this.#parts;
    const { mark, tags, loadMs, freshness } = how;
    const graceMs = graceOf(freshness);
    const found = values.open(format.encode(value, { ...mark, graceMs, loadMs, tags }));
    const ttlMs = value === null ? (freshness.negativeTtlMs ?? how.ttlMs) : how.ttlMs;
    const freshUntilMs = clock.nowMs() + jittered(ttlMs, freshness.jitter, random);
    return { found, source: 'loader', freshUntilMs, keptUntilMs: freshUntilMs + graceMs };
  }
}

/** The tags of the route and others. */
export function tagsOf({ route, key }: Wanted, others: readonly string[]): readonly string[] {
  const own = route.tagsOf(key);
  if (others.length === 0) return own;
  return own.length === 0 ? others : [...own, ...others];
}
