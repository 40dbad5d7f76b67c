/** `closed`: calls go through. `open`: none does. `half-open`: one is under way to see whether the tier is back. */
export type BreakerState = 'closed' | 'open' | 'half-open';

export interface BreakerSettings {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** Time until a call is let through again, in milliseconds. */
  readonly probeAfterMs: number;
}

/** A circuit breaker (Nygard, Release It!, 2007): after failures in a row a tier is left alone, and then tried with one call at a time. */
export class Breaker {
  readonly #settings: BreakerSettings;
  readonly #onChange: (state: BreakerState) => void;
  #state: BreakerState = 'closed';
  #failures = 0;
  #probeAtMs = 0;

  constructor(settings: BreakerSettings, onChange: (state: BreakerState) => void) {
    this.#settings = settings;
    this.#onChange = onChange;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** Whether a call may be made now. One that is let through while the breaker is not closed is the probe. */
  admits(nowMs: number): boolean {
    if (this.#state === 'closed') return true;
    if (nowMs < this.#probeAtMs) return false;
    // a probe that is never heard of again must not keep the breaker half open for ever
    this.#probeAtMs = nowMs + this.#settings.probeAfterMs;
    this.#become('half-open');
    return true;
  }

  succeeded(): void {
    this.#failures = 0;
    if (this.#state !== 'closed') this.#become('closed');
  }

  failed(nowMs: number): void {
    this.#failures++;
    if (this.#state === 'closed' && this.#failures < this.#settings.failures) return;
    this.#probeAtMs = nowMs + this.#settings.probeAfterMs;
    if (this.#state !== 'open') this.#become('open');
  }

  #become(state: BreakerState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#onChange(state);
  }
}
