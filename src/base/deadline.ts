import type { Clock } from './clock.ts';

/** Waits; rejects with the signal's reason when it aborts first. */
export function delay(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.setTimer(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * Settles as `work` does, or rejects with `onTimeout()` after `ms`. The work itself goes on; a late
 * rejection of it is swallowed, so that it can never become an unhandled one.
 */
export function settleWithin<T>(
  work: Promise<T>,
  ms: number,
  onTimeout: () => Error,
  clock: Clock,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.setTimer(() => reject(onTimeout()), ms);
    void work.then(resolve, reject).finally(cancel);
  });
}
