import type { Clock } from '../base/clock.ts';
import { CachectlError } from '../base/errors.ts';
import { Deadlines } from './deadlines.ts';
import type { FreshnessMs } from './freshness.ts';
import type { Wanted } from './reading.ts';

/** What a loader came to for one key. */
export interface LoadedValue {
  readonly value: unknown;
  /** False: it is handed out and not stored. */
  readonly store: boolean;
  /** Its lifetime in milliseconds, in place of the request's. */
  readonly ttlMs: number | undefined;
  readonly tags: readonly string[];
}

/** How missing keys are to be loaded, and what of it is to be stored. */
export interface LoadRequest {
  /** @param stale the expired values, where there are any, in the order of the keys */
  readonly load: (
    wanted: readonly Wanted[],
    signal: AbortSignal,
    stale: readonly unknown[],
  ) => Promise<readonly LoadedValue[]>;
  /** Time the loaded entries live, in milliseconds; Infinity: as long as each tier keeps them. */
  readonly ttlMs: number;
  /** Tags besides those of the route. */
  readonly tags: readonly string[];
  /** In place of the route's. */
  readonly freshness: FreshnessMs | undefined;
}

/** Calls loaders, each with a signal that aborts at its hard timeout and when the cache closes. */
export class LoadCalls {
  readonly #clock: Clock;
  readonly #running = new Set<AbortController>();
  readonly #deadlines = new Map<number, Deadlines>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Rejects with what the loader throws, or `DEADLINE_EXCEEDED`; a loader that goes on after that is not heard. */
  async call(
    request: LoadRequest,
    wanted: readonly Wanted[],
    stale: readonly unknown[],
    limitMs: number,
  ): Promise<readonly LoadedValue[]> {
    const controller = new AbortController();
    this.#running.add(controller);
    const aborted = new Promise<never>((_, reject) => {
      controller.signal.addEventListener('abort', () => reject(controller.signal.reason as Error), {
        once: true,
      });
    });
    aborted.catch(() => {});
    try {
      const work = request.load(wanted, controller.signal, stale);
      const values = await Promise.race([this.#bounded(work, limitMs), aborted]);
      if (values.length === wanted.length) return values;
      throw new CachectlError(
        'BAD_USAGE',
        `the loader gave ${values.length} values for ${wanted.length} keys`,
      );
    } catch (error) {
      controller.abort(error);
      throw error;
    } finally {
      this.#running.delete(controller);
    }
  }

  abortAll(reason: Error): void {
    for (const controller of this.#running) controller.abort(reason);
  }

  get size(): number {
    return this.#running.size;
  }

  #bounded<T>(work: Promise<T>, limitMs: number): Promise<T> {
    if (limitMs === Infinity) return work;
    let deadlines = this.#deadlines.get(limitMs);
    if (deadlines === undefined) {
      const late = (): Error =>
        new CachectlError('DEADLINE_EXCEEDED', `the loader did not settle within ${limitMs} ms`);
      deadlines = new Deadlines(limitMs, this.#clock, late);
      this.#deadlines.set(limitMs, deadlines);
    }
    return deadlines.bound(work);
  }
}

export function freshnessOf({ route }: Wanted, { freshness }: LoadRequest): FreshnessMs {
  return freshness ?? route.freshness;
}
