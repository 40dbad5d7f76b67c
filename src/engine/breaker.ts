/** `closed`: calls go through. `open`: none does. `half-open`: a probe is under way to see whether the tier is back. */
export type BreakerState = 'closed' | 'open' | 'half-open';

export interface BreakerSettings {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** Time until it is probed, in milliseconds. */
  readonly probeAfterMs: number;
}

/**
 * A circuit breaker (Nygard, Release It!, 2007): after failures in a row a tier is left alone, and then tried with one
 * call at a time. That call is nobody's: whoever finds the probe due goes on as if the tier were still left alone,
 * since a tier that is still gone would keep him waiting until his deadline.
 */
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

  /** Whether a call may be made now. When it may not and a probe is due, `probe` is called, to report how it ends. */
  admits(nowMs: number, probe: () => void): boolean {
    if (this.#state === 'closed') return true;
    if (nowMs < this.#probeAtMs) return false;
    // a probe that is never heard of again must not keep the breaker half open for ever
    this.#probeAtMs = nowMs + this.#settings.probeAfterMs;
    this.#become('half-open');
    probe();
    return false;
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
