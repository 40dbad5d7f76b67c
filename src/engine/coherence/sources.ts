/** A source that was silent for so long is forgotten; should it speak again, that is a gap. */
const FORGET_AFTER_MS = 10 * 60_000;
const MOST_SOURCES = 10_000;

export interface Heard {
  /** Nothing was known of this source. */
  readonly first: boolean;
  /** Some of its tidings were missed. */
  readonly gap: boolean;
}

interface Source {
  last: number;
  heardMs: number;
  silent: boolean;
}

/** How far the tidings of each source have been heard. A source that is not known has said nothing yet. */
export class Sources {
  readonly #known = new Map<string, Source>();
  readonly #most: number;
  readonly #silentAfterMs: number;

  /** @param silentAfterMs without a word for so long, a source is silent */
  constructor(silentAfterMs: number, most: number = MOST_SOURCES) {
    this.#silentAfterMs = silentAfterMs;
    this.#most = most;
  }

  /** Its tidings with this number were heard. */
  tidings(from: string, number: number, nowMs: number): Heard {
    return this.#heard(from, number, number - 1, nowMs);
  }

  /** It said that this was the last number it used. */
  reached(from: string, last: number, nowMs: number): Heard {
    return this.#heard(from, last, last, nowMs);
  }

  forget(from: string): void {
    this.#known.delete(from);
  }

  /** Forgets whom nobody has heard for long, and gives back who has fallen silent since the last call. */
  sweep(nowMs: number): readonly string[] {
    const silent: string[] = [];
    for (const [from, source] of this.#known) {
      const forMs = nowMs - source.heardMs;
      if (forMs >= FORGET_AFTER_MS) this.#known.delete(from);
      if (forMs < this.#silentAfterMs || source.silent) continue;
      source.silent = true;
      silent.push(from);
    }
    return silent;
  }

  get size(): number {
    return this.#known.size;
  }

  /** @param needed the number that must have been heard before, or something is missing */
  #heard(from: string, number: number, needed: number, nowMs: number): Heard {
    const known = this.#known.get(from);
    const source = known ?? this.#add(from, nowMs);
    const gap = needed > source.last;
    source.last = Math.max(source.last, number);
    source.heardMs = nowMs;
    source.silent = false;
    return { first: known === undefined, gap };
  }

  #add(from: string, nowMs: number): Source {
    if (this.#known.size >= this.#most) {
      const [oldest] = this.#known.keys();
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    const source: Source = { last: 0, heardMs: nowMs, silent: false };
    this.#known.set(from, source);
    return source;
  }
}
