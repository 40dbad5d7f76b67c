import type { Clock } from '../../base/clock.ts';
import type { LocalSlot } from '../tier.ts';

/** Where slots of one key prefix are. */
export interface SlotHome {
  readonly prefix: string;
  readonly slots: Map<string, Slot>;
}

/** What is kept of an entry, and handed to who reads it. Overwriting makes a new one. */
export class Slot implements LocalSlot {
  readonly value: Uint8Array;
  /** Monotonic time in milliseconds; Infinity when it does not expire. */
  readonly expiresAt: number;
  memo: unknown;
  readonly key: string;
  readonly home: SlotHome;
  /** The number by which the eviction policy knows the entry. */
  readonly entry: number;
  readonly #clock: Clock;

  constructor(
    place: { readonly home: SlotHome; readonly key: string; readonly entry: number },
    value: Uint8Array,
    expiresAt: number,
    memo: unknown,
    clock: Clock,
  ) {
    this.key = place.key;
    this.home = place.home;
    this.entry = place.entry;
    this.value = value;
    this.expiresAt = expiresAt;
    this.memo = memo;
    this.#clock = clock;
  }

  get ttlMs(): number | undefined {
    return this.expiresAt === Infinity ? undefined : this.expiresAt - this.#clock.nowMs();
  }
}

/** Memory that a value may keep alive beyond itself, in bytes: Node cuts small buffers out of blocks of 8 KiB. */
const SHARED_BLOCK_BYTES = 16 * 1024;

/** A copy, where the value is a small part of a large buffer, as what came from a socket is: it would keep all of that. */
export function compact(value: Uint8Array): Uint8Array {
  const { byteLength } = value.buffer;
  return byteLength > SHARED_BLOCK_BYTES && byteLength > 2 * value.byteLength ? new Uint8Array(value) : value;
}
