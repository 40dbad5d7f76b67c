import type { EntryMeta } from './entry-meta.ts';
import type { EntryFormat } from './entry.ts';
import type { LocalValues } from './options.ts';

/** An entry, not packed, and its decoded value once somebody wanted it. */
export interface Found {
  readonly entry: Uint8Array;
  readonly meta: EntryMeta;
  /** Decoded and frozen, as the mode says; undefined until somebody wanted it. */
  memo: unknown;
}

/** Makes the values that callers get out of entries. */
export class Values {
  readonly #format: EntryFormat;
  readonly #mode: LocalValues;

  constructor(format: EntryFormat, mode: LocalValues) {
    this.#format = format;
    this.#mode = mode;
  }

  /** Decodes at once, so that a damaged entry is noticed here. @throws CachectlError `CORRUPT_ENTRY` */
  open(entry: Uint8Array): Found {
    const { meta, value } = this.#format.open(entry);
    return { entry, meta, memo: this.#prepared(value) };
  }

  /** The value for one more caller. */
  handOut(found: Found): unknown {
    if (this.#mode === 'copied') return this.#format.decode(found.entry);
    if (found.memo === undefined) found.memo = this.#prepared(this.#format.decode(found.entry));
    return found.memo;
  }

  #prepared(value: unknown): unknown {
    return this.#mode === 'frozen' ? deepFreeze(value) : value;
  }
}

function deepFreeze(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) {
    return value;
  }
  Object.freeze(value);
  for (const part of Object.values(value)) deepFreeze(part);
  return value;
}
