import { CachectlError } from '../base/errors.ts';

export interface SuccessorOptions {
  /** Keys that are remembered at most; at least the half of them that was read last is. Default 10,000. */
  readonly keys?: number;
  /**
   * How many keys back a key counts as following. 1 finds the next key of a single caller; where the reads of several
   * callers mingle it must be about as many as they are. Each observation takes that many steps. Default 4.
   */
  readonly within?: number;
  /** Share of the times a key was read that another must have followed, 0 to 1. Default 0.5. */
  readonly probability?: number;
  /** How often it must have followed. Default 3. */
  readonly support?: number;
}

interface Known {
  /** How often the key was read; as the counts of its followers, halved now and then. */
  reads: number;
  readonly followers: Follower[];
}

interface Follower {
  readonly key: string;
  count: number;
}

/** Room for followers of a key by key of the window: with two, what followed once is kept until it can do so again. */
const FOLLOWERS_WITHIN = 2;
/** Reads of a key after which its counts are halved at the latest, so that what was long ago counts little. */
const LEAST_MEMORY = 32;
const NONE: readonly string[] = [];

/**
 * Learns which keys are read after which, to prefetch them: first-order transition counts within a short window, with
 * exponential decay. Bounded by two generations: when the younger one is full the older one goes, and what was read
 * since then is in the younger one. A newcomer among the followers of a key that finds no room takes that of the one
 * with the lowest count, or lowers it: so a count is never too high, and what is frequent stays.
 */
export class Successors {
  /** Keys of a generation. */
  readonly #generation: number;
  readonly #probability: number;
  readonly #support: number;
  readonly #memory: number;
  #young = new Map<string, Known>();
  #old = new Map<string, Known>();
  /** The keys observed last; the latest is before `#next`. */
  readonly #recent: (string | undefined)[];
  #next = 0;

  /** @throws CachectlError `BAD_USAGE` when an option is out of its range */
  constructor({ keys = 10_000, within = 4, probability = 0.5, support = 3 }: SuccessorOptions = {}) {
    for (const [name, value] of Object.entries({ keys, within, support })) {
      if (!Number.isSafeInteger(value) || value < 1) {
        throw new CachectlError(
          'BAD_USAGE',
          `prefetch: ${name} must be an integer of at least 1, not ${value}`,
        );
      }
    }
    if (!(probability > 0 && probability <= 1)) {
      throw new CachectlError(
        'BAD_USAGE',
        `prefetch: probability must be above 0 and at most 1, not ${probability}`,
      );
    }
    this.#generation = Math.ceil(keys / 2);
    this.#probability = probability;
    this.#support = support;
    // After halving, what is just likely enough must still have its support.
    this.#memory = Math.max(LEAST_MEMORY, Math.ceil((2 * (support + 1)) / probability));
    this.#recent = Array.from({ length: within }, () => undefined);
  }

  /** The key is read now. */
  observe(key: string): void {
    const length = this.#recent.length;
    for (let back = 1; back <= length; back++) {
      const before = this.#recent[(this.#next - back + length) % length];
      // What was read before an earlier read of the same key was already told that it follows.
      if (before === undefined || before === key) break;
      this.#follows(before, key);
    }
    const known = this.#known(key);
    if (++known.reads >= this.#memory) halve(known);
    this.#recent[this.#next] = key;
    this.#next = (this.#next + 1) % length;
  }

  /** Keys that are likely to be read soon after this one, the likeliest first. */
  likely(key: string): readonly string[] {
    const known = this.#young.get(key) ?? this.#old.get(key);
    if (known === undefined) return NONE;
    const least = Math.max(this.#support, known.reads * this.#probability);
    const likely = known.followers.filter(({ count }) => count >= least);
    return likely.length === 0
      ? NONE
      : likely.sort((a, b) => b.count - a.count).map((follower) => follower.key);
  }

  /** Number of keys that are remembered. */
  get size(): number {
    let size = this.#young.size;
    for (const key of this.#old.keys()) if (!this.#young.has(key)) size++;
    return size;
  }

  #follows(before: string, key: string): void {
    const { followers } = this.#known(before);
    const follower = followers.find((other) => other.key === key);
    if (follower !== undefined) {
      follower.count++;
      return;
    }
    if (followers.length >= FOLLOWERS_WITHIN * this.#recent.length) makeRoom(followers);
    if (followers.length < FOLLOWERS_WITHIN * this.#recent.length) followers.push({ key, count: 1 });
  }

  #known(key: string): Known {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const known = this.#old.get(key) ?? { reads: 0, followers: [] };
    if (this.#young.size >= this.#generation) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, known);
    return known;
  }
}

/** The oldest of those with the lowest count goes, or counts one less. */
function makeRoom(followers: Follower[]): void {
  let place = 0;
  for (let i = 1; i < followers.length; i++) {
    if (countAt(followers, i) < countAt(followers, place)) place = i;
  }
  const follower = followers[place];
  if (follower !== undefined && --follower.count < 1) followers.splice(place, 1);
}

function countAt(followers: readonly Follower[], place: number): number {
  return followers[place]?.count ?? 0;
}

function halve(known: Known): void {
  known.reads /= 2;
  for (const follower of known.followers) follower.count /= 2;
}
