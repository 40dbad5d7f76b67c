import { messageOf } from '../base/errors.ts';
import { redact } from '../base/redact.ts';

/** What happened at one tier. Plain numbers, to be incremented in place. */
export class TierCounters {
  hits = 0;
  misses = 0;
  /** Calls that failed or overran their deadline; a read that failed is no miss. */
  errors = 0;
  sets = 0;
  deletes = 0;
}

export interface ErrorCount {
  readonly message: string;
  readonly count: number;
}

/** At most this many distinct messages are kept; a failing run can make a new one for each operation. */
const MAX_MESSAGES = 20;

/** Counts errors by message: the first distinct ones by name, the others together. */
export class ErrorTally {
  readonly #countByMessage = new Map<string, number>();
  #total = 0;

  add(error: unknown): void {
    const message = redact(messageOf(error));
    const count = this.#countByMessage.get(message) ?? 0;
    if (count > 0 || this.#countByMessage.size < MAX_MESSAGES) this.#countByMessage.set(message, count + 1);
    this.#total++;
  }

  /** All errors, those without an entry too. */
  get total(): number {
    return this.#total;
  }

  /** The messages kept, passwords hidden, the most frequent first. Their counts may add up to less than {@link total}. */
  entries(): ErrorCount[] {
    return Array.from(this.#countByMessage, ([message, count]) => ({ message, count })).sort(
      (a, b) => b.count - a.count,
    );
  }
}
