import { CachectlError } from '../base/errors.ts';
import { Flights } from './flights.ts';
import type { EngineParts } from './parts.ts';
import type { ReadPath } from './read-path.ts';
import type { Found, Values } from './values.ts';
import type { Item, WritePath } from './write-path.ts';

/** A key that was asked for. */
export interface Wanted extends Item {
  /** As the caller wrote it, parts joined. */
  readonly key: string;
}

/** What a read ended with. */
export interface Answer {
  /** Name of the tier that had it, or {@link LOADER}; undefined when nobody had it. */
  readonly source?: string;
  /** The entry; undefined when nobody had it or the loader's value is not to be stored. */
  readonly found?: Found;
}

export const LOADER = 'loader';

const NOTHING: Answer = {};

export interface LoadRequest {
  readonly load: (wanted: readonly Wanted[]) => Promise<readonly unknown[]> | readonly unknown[];
  /** Time the loaded entries live, in milliseconds; Infinity: as long as each tier keeps them. */
  readonly ttlMs: number;
}

/**
 * Reads that share their work: one look-up and one load for each key, however many callers want it at once.
 */
export class LoadPath {
  readonly #parts: EngineParts;
  readonly #values: Values;
  readonly #reads: ReadPath;
  readonly #writes: WritePath;
  readonly #lookups = new Flights<Answer>();
  readonly #loads = new Flights<Answer>();
  readonly counts = { loads: 0, loadErrors: 0 };

  constructor(parts: EngineParts, values: Values, reads: ReadPath, writes: WritePath) {
    this.#parts = parts;
    this.#values = values;
    this.#reads = reads;
    this.#writes = writes;
  }

  /** Looks beyond this process; keys that others look for already are joined, the rest is one call a tier. */
  lookup(wanted: readonly Wanted[]): Promise<readonly Answer[]> {
    return sharedBatch(this.#lookups, wanted, async (own) => {
      const found = await this.#reads.beyond(own);
      return found.map((entry) =>
        entry === undefined ? NOTHING : { source: entry.tier, found: entry.found },
      );
    });
  }

  /** Looks beyond this process, and loads what nobody has with one call of the loader. */
  lookupOrLoad(wanted: readonly Wanted[], request: LoadRequest): Promise<readonly Answer[]> {
    return sharedBatch(this.#loads, wanted, async (own) => {
      const answers = [...(await this.lookup(own))];
      const missing = [...answers.keys()].filter((i) => answers[i]?.found === undefined);
      if (missing.length === 0) return answers;
      const loaded = await this.#load(
        missing.map((i) => own[i] as Wanted),
        request,
      );
      for (const [place, i] of missing.entries()) answers[i] = loaded[place] ?? NOTHING;
      return answers;
    });
  }

  async #load(wanted: readonly Wanted[], request: LoadRequest): Promise<readonly Answer[]> {
    const ticket = this.#parts.fence.enter();
    this.counts.loads += wanted.length;
    try {
      const values = await request.load(wanted);
      if (values.length !== wanted.length) {
        throw new CachectlError(
          'BAD_USAGE',
          `the loader gave ${values.length} values for ${wanted.length} keys`,
        );
      }
      const answers = values.map((value) =>
        value === undefined
          ? { source: LOADER }
          : { source: LOADER, found: this.#values.open(this.#parts.format.encode(value)) },
      );
      const entries = wanted.flatMap((item, i) => {
        const found = answers[i]?.found;
        return found === undefined ? [] : [{ ...item, entry: found.value, ttlMs: request.ttlMs }];
      });
      await this.#writes.fill(entries, ticket, () => true);
      return answers;
    } catch (error) {
      this.counts.loadErrors += wanted.length;
      throw error;
    } finally {
      this.#parts.fence.leave();
    }
  }

  /** Who asks for these keys from now on starts anew. */
  abandon(items: readonly Item[]): void {
    for (const { scoped } of items) {
      this.#lookups.abandon(scoped);
      this.#loads.abandon(scoped);
    }
  }
}

/** One piece of work for all keys that are not in flight already; each key's flight ends with its own answer. */
function sharedBatch(
  flights: Flights<Answer>,
  wanted: readonly Wanted[],
  work: (own: readonly Wanted[]) => Promise<readonly Answer[]>,
): Promise<readonly Answer[]> {
  const own: Wanted[] = [];
  let start: () => void = () => {};
  const started = new Promise<void>((resolve) => {
    start = resolve;
  });
  let batch: Promise<readonly Answer[]> | undefined;
  const joined = wanted.map((item) =>
    flights.run(item.scoped, async () => {
      const place = own.push(item) - 1;
      await started;
      batch ??= work(own);
      return (await batch)[place] ?? NOTHING;
    }),
  );
  start();
  return Promise.all(joined);
}
