/** Single flight: callers that want the same key while it is being fetched share one fetch. */
export class Flights<T> {
  readonly #inFlight = new Map<string, Promise<T>>();

  /** Joins the flight of `key`, or starts one. */
  run(key: string, start: () => Promise<T>): Promise<T> {
    const current = this.#inFlight.get(key);
    if (current !== undefined) return current;
    const flight = start().finally(() => {
      if (this.#inFlight.get(key) === flight) this.#inFlight.delete(key);
    });
    this.#inFlight.set(key, flight);
    return flight;
  }

  /** Later callers start anew; those who wait already still get what they wait for. */
  abandon(key: string): void {
    this.#inFlight.delete(key);
  }

  abandonAll(): void {
    this.#inFlight.clear();
  }

  get size(): number {
    return this.#inFlight.size;
  }
}
