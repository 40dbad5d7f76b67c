import type { TierHit } from '../backends/tier-entry.ts';
import type { MaybeLater } from './flights.ts';
import type { EngineParts } from './parts.ts';
import type { Reading, Timed } from './reading.ts';
import type { TierSlot } from './tier-slot.ts';
import type { Found } from './values.ts';

/** Makes of what a shared tier gave an entry that may be used. */
export class Hits {
  readonly #parts: EngineParts;

  constructor(parts: EngineParts) {
    this.#parts = parts;
  }

  /**
   * The entry of a hit, verified, unpacked, decoded and judged by the ledger; undefined when it cannot be used. A
   * promise only where something has to be waited for: most hits are judged at once, and each promise costs.
   */
  usable(reading: Reading, slot: TierSlot, hit: TierHit): MaybeLater<Timed | undefined> {
    const { format, clock } = this.#parts;
    const readMs = clock.nowMs();
    const plain = this.#verified(reading, slot, hit.value);
    if (plain === undefined) return undefined;
    const keptUntilMs = hit.ttlMs === undefined ? Infinity : readMs + hit.ttlMs;
    if (!format.isPacked(plain)) return this.#opened(reading, slot, plain, keptUntilMs);
    return format.unpack(plain).then(
      (unpacked) => this.#opened(reading, slot, unpacked, keptUntilMs),
      (error: unknown) => void slot.failed('decode', error),
    );
  }

  #opened(
    reading: Reading,
    slot: TierSlot,
    plain: Uint8Array,
    keptUntilMs: number,
  ): MaybeLater<Timed | undefined> {
    let opened: Found;
    try {
      opened = this.#parts.values.open(plain);
    } catch (error) {
      slot.failed('decode', error);
      return undefined;
    }
    const entry: Timed = {
      found: opened,
      source: slot.name,
      freshUntilMs: keptUntilMs - (keptUntilMs === Infinity ? 0 : opened.meta.graceMs),
      keptUntilMs,
    };
    const { wanted, stamp } = reading;
    if (this.#parts.ledger.judge(wanted.key, opened.meta, stamp.atMs) === 'valid') {
      this.#date(reading, opened);
      return entry;
    }
    return this.#isValid(reading, opened).then((isValid) => {
      if (isValid) this.#date(reading, opened);
      return isValid ? entry : undefined;
    });
  }

  /** Memory that keeps it trusts it no longer than what said that it is valid. */
  #date(reading: Reading, { meta }: Found): void {
    if (reading.wanted.route.near === undefined) return;
    const learnt = this.#parts.ledger.learntAt(meta.tags);
    if (learnt.atMs < reading.stamp.atMs) reading.stamp = learnt;
  }

  #verified({ wanted, stored }: Reading, slot: TierSlot, entry: Uint8Array): Uint8Array | undefined {
    const { integrity, counts, signals } = this.#parts;
    if (integrity === undefined) return entry;
    const plain = integrity.verify(entry, stored);
    if (plain !== undefined) return plain;
    counts.tampered++;
    signals.emit('tampered', { key: wanted.key, tier: slot.name });
    return undefined;
  }

  async #isValid({ wanted, stamp }: Reading, { meta }: Found): Promise<boolean> {
    const { ledger } = this.#parts;
    let judgement = ledger.judge(wanted.key, meta, stamp.atMs);
    if (judgement === 'valid') return true;
    // an incarnation that differs may be newer than what is known here
    const mayBeNewer = judgement === 'invalid' && meta.incarnation !== ledger.reached?.incarnation;
    if (judgement === 'invalid' && !mayBeNewer) return false;
    if (!(await ledger.learn(meta.tags))) return false;
    judgement = ledger.judge(wanted.key, meta, stamp.atMs);
    return judgement === 'valid';
  }
}
