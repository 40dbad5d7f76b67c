import { channel, type Channel } from 'node:diagnostics_channel';
import type { SignalMap, SignalName, Signals } from './signals.ts';

type Listener = (signal: never) => unknown;

interface Topic {
  /** Replaced, never changed, so that a signal on its way goes to those who listened when it was sent. */
  listeners: readonly { readonly call: Listener }[];
  readonly channel: Channel;
}

/** What is published on the channel `cachectl:<name>` of `node:diagnostics_channel`, by all caches of the process. */
export type PublishedSignal<Name extends SignalName> = SignalMap[Name] & { readonly namespace: string };

/**
 * Tells listeners and diagnostics channels what happens. Whoever sends asks first whether anybody
 * {@link Emitter.hears}, so that a signal nobody wants is not even made.
 *
 * A listener of {@link Emitter.on} that throws or rejects harms neither the cache nor the other listeners; it is
 * counted. What a subscriber of a diagnostics channel throws is Node's: it becomes an uncaught exception, later.
 */
export class Emitter implements Signals {
  readonly #namespace: string;
  readonly #topics: Readonly<Record<SignalName, Topic>> = {
    load: topic('load'),
    stale: topic('stale'),
    fenced: topic('fenced'),
    invalidated: topic('invalidated'),
    tierError: topic('tierError'),
    breaker: topic('breaker'),
    channel: topic('channel'),
    tampered: topic('tampered'),
    sampled: topic('sampled'),
  };
  #failures = 0;
  #lastFailure: unknown;

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  on<Name extends SignalName>(name: Name, listener: (signal: SignalMap[Name]) => void): () => void {
    const target = this.#topics[name];
    const entry = { call: listener };
    target.listeners = [...target.listeners, entry];
    return () => {
      target.listeners = target.listeners.filter((other) => other !== entry);
    };
  }

  hears(name: SignalName): boolean {
    const { listeners, channel: diagnostics } = this.#topics[name];
    return listeners.length > 0 || diagnostics.hasSubscribers;
  }

  /** Never throws. */
  emit<Name extends SignalName>(name: Name, signal: SignalMap[Name]): void {
    const { listeners, channel: diagnostics } = this.#topics[name];
    for (const { call } of listeners) {
      try {
        const outcome = call(signal as never);
        if (outcome instanceof Promise) outcome.catch((error: unknown) => this.#failed(error));
      } catch (error) {
        this.#failed(error);
      }
    }
    if (diagnostics.hasSubscribers) diagnostics.publish({ ...signal, namespace: this.#namespace });
  }

  /** How often listeners have failed, and with what the last time. */
  get listenerErrors(): { readonly count: number; readonly last: unknown } {
    return { count: this.#failures, last: this.#lastFailure };
  }

  #failed(error: unknown): void {
    this.#failures++;
    this.#lastFailure = error;
  }
}

function topic(name: SignalName): Topic {
  return { listeners: [], channel: channel(`cachectl:${name}`) };
}
