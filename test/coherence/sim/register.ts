import type { History } from '../history.ts';

/** What a cache stores of the data. Its id is of no order: the register knows which version it became. */
export interface Datum {
  readonly key: string;
  readonly id: number;
  /** When it was loaded or written. */
  readonly bornMs: number;
}

/** The data behind the cache: a register for each key, whose versions ascend in the order in which they are installed. */
export class Register {
  readonly #history: History;
  readonly #stamp: () => number;
  readonly #current = new Map<string, number>();
  readonly #versions = new Map<number, { readonly key: string; readonly version: number }>();
  readonly #newest = new Map<string, number>();
  #ids = 0;

  constructor(history: History, stamp: () => number) {
    this.#history = history;
    this.#stamp = stamp;
  }

  newId(): number {
    return ++this.#ids;
  }

  /** The data becomes this. */
  install(key: string, id: number = this.newId()): number {
    const version = (this.#newest.get(key) ?? 0) + 1;
    const atMs = this.#stamp();
    this.#newest.set(key, version);
    this.#current.set(key, id);
    this.#versions.set(id, { key, version });
    this.#history.installs.push({ key, version, atMs });
    return atMs;
  }

  /** Id of what the data is now. */
  current(key: string): number {
    return this.#current.get(key) ?? 0;
  }

  /** The version of what was read; NaN when this key never was that. */
  versionOf(key: string, datum: unknown): number {
    const known = isDatum(datum) && datum.key === key ? this.#versions.get(datum.id) : undefined;
    return known?.key === key ? known.version : Number.NaN;
  }
}

export function isDatum(value: unknown): value is Datum {
  return typeof value === 'object' && value !== null && 'id' in value && 'key' in value && 'bornMs' in value;
}
