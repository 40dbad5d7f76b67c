import { resolveFreshness, speaksOfFreshness } from './freshness.ts';
import type { LoadedValue, LoadRequest } from './load.ts';
import { durationMs, type LoadContext, type Loader, type LoadOptions, type SetOptions } from './options.ts';
import type { Wanted } from './reading.ts';

/** Loads the one key that is wanted. */
export function loadOne<T>(loader: Loader<T>): LoadRequest['load'] {
  return async ([wanted], signal, [stale]) => {
    const loading = new Loading(wanted?.key ?? '', signal, stale);
    loading.value = await loader(loading);
    return [loading];
  };
}

/** What a loader is told, and what it says of its value. */
class Loading implements LoadContext, LoadedValue {
  readonly key: string;
  readonly signal: AbortSignal;
  readonly stale: unknown;
  value: unknown;
  store = true;
  ttlMs: number | undefined;
  tags: readonly string[] = [];

  constructor(key: string, signal: AbortSignal, stale: unknown) {
    this.key = key;
    this.signal = signal;
    this.stale = stale;
  }

  skip(): void {
    this.store = false;
  }

  setTtl(ttl: number | string): void {
    this.ttlMs = durationMs(ttl, 'ttl');
  }

  addTags(...tags: readonly string[]): void {
    this.tags = [...this.tags, ...tags];
  }
}

export function ttlOf(ttl: SetOptions['ttl']): number {
  return ttl === undefined ? Infinity : durationMs(ttl, 'ttl');
}

const NO_TAGS: readonly string[] = [];

/** What is to be loaded, as the options say. @throws CachectlError `BAD_USAGE` */
export function requestOf(
  load: LoadRequest['load'],
  options: LoadOptions | undefined,
  wanted: Wanted | undefined,
): LoadRequest {
  const freshness =
    options === undefined || !speaksOfFreshness(options)
      ? undefined
      : resolveFreshness(options, '', wanted?.route.freshness);
  return { load, ttlMs: ttlOf(options?.ttl), tags: options?.tags ?? NO_TAGS, freshness };
}

/** The caller stops waiting when its signal aborts; the work goes on for others. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
