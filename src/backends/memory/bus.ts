import { CachectlError } from '../../base/errors.ts';
import type { Bus, BusListener, Subscription } from '../bus.ts';

/** A bus between caches of one process: delivers in order, after the publisher's call. */
export class MemoryBus implements Bus {
  readonly #listeners = new Set<BusListener>();
  #closed = false;

  async publish(message: Uint8Array): Promise<void> {
    this.#checkOpen();
    await Promise.resolve();
    for (const listener of this.#listeners) listener.onMessage(message);
  }

  async subscribe(listener: BusListener): Promise<Subscription> {
    this.#checkOpen();
    const own: BusListener = { onMessage: (message) => listener.onMessage(message) };
    this.#listeners.add(own);
    return {
      unsubscribe: async () => void this.#listeners.delete(own),
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#listeners.clear();
  }

  #checkOpen(): void {
    if (this.#closed) throw new CachectlError('CLOSED', 'the bus is closed');
  }
}
