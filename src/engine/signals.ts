/** What the cache tells of itself as it happens. Listeners are called at once and must not throw. */
export interface SignalMap {
  /** A load ended. */
  readonly load: { readonly key: string; readonly tookMs: number; readonly error: unknown };
  /** An expired value was handed out. */
  readonly stale: { readonly key: string; readonly why: StaleReason };
  /** A fill was refused because the key was invalidated in between. */
  readonly fenced: { readonly key: string; readonly tier: string };
  /** Something was invalidated, here (`local`) or by another instance. */
  readonly invalidated: {
    readonly origin: 'local' | 'peer' | 'server';
    readonly keys: number;
    readonly tags: number;
  };
  /** A tier failed, and the read or write went on without it. */
  readonly tierError: { readonly tier: string; readonly operation: string; readonly error: unknown };
  /** The breaker of a tier changed. */
  readonly breaker: { readonly tier: string; readonly state: 'closed' | 'open' | 'half-open' };
  /** The channel to other instances was lost, or proven again. */
  readonly channel: { readonly state: 'proven' | 'lost'; readonly why: string };
  /** The signature of an entry was wrong. */
  readonly tampered: { readonly key: string; readonly tier: string };
  /** One sampled hit was compared with the tier below. `behindMs` is how long ago the value that was served was stored. */
  readonly sampled: { readonly key: string; readonly agrees: boolean; readonly behindMs: number };
}

export type StaleReason = 'while-revalidate' | 'if-error' | 'soft-timeout';

export type SignalName = keyof SignalMap;

export interface Signals {
  /** Returns how to stop listening. */
  on<Name extends SignalName>(name: Name, listener: (signal: SignalMap[Name]) => void): () => void;
}
