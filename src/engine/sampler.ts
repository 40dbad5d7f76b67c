import type { SampleCounts } from './cache.ts';
import type { Held } from './near.ts';
import type { EngineParts } from './parts.ts';
import type { Wanted } from './reading.ts';

/** Compares one in so many hits in this process with the tier below, off the caller's path: what coherence is really like. */
export class Sampler {
  readonly #parts: EngineParts;
  readonly #oneIn: number;
  readonly counts: { -readonly [Name in keyof SampleCounts]: SampleCounts[Name] } = {
    compared: 0,
    stale: 0,
    worstAgeMs: 0,
  };
  #hits = 0;
  #isComparing = false;

  /** @param oneIn 0: never */
  constructor(parts: EngineParts, oneIn: number) {
    this.#parts = parts;
    this.#oneIn = oneIn;
  }

  onHit(wanted: Wanted, held: Held): void {
    if (this.#oneIn === 0 || ++this.#hits % this.#oneIn !== 0 || this.#isComparing) return;
    this.#isComparing = true;
    void this.#compare(wanted, held).finally(() => {
      this.#isComparing = false;
    });
  }

  async #compare({ key, route }: Wanted, held: Held): Promise<void> {
    const { slots, keys, format, integrity, clock, signals } = this.#parts;
    const below = slots[route.shared[0] ?? -1];
    if (below === undefined) return;
    const stored = keys.stored(key);
    const ageMs = clock.nowMs() - held.readMs;
    const hit = await below.reread(stored);
    if (hit === undefined) return; // expired or evicted there: nothing to compare with
    const plain = integrity === undefined ? hit.value : integrity.verify(hit.value, stored);
    if (plain === undefined) return;
    const entry = format.isPacked(plain) ? await format.unpack(plain).catch(() => undefined) : plain;
    const agrees = entry !== undefined && Buffer.compare(entry, held.entry) === 0;
    this.counts.compared++;
    if (!agrees) {
      this.counts.stale++;
      this.counts.worstAgeMs = Math.max(this.counts.worstAgeMs, ageMs);
    }
    signals.emit('sampled', { key, agrees, behindMs: agrees ? 0 : ageMs });
  }
}
