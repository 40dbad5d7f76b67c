/**
 * The contract of a message bus between instances: best effort, at most once, in order per publisher while
 * the channel is up. Messages can be lost; whoever needs to know counts them (sequence numbers are the
 * engine's work). A subscriber also hears its own messages.
 */
export interface Bus {
  /** Resolves when the server has taken the message; rejects within the deadline otherwise. */
  publish(message: Uint8Array): Promise<void>;
  /** Resolves once messages published from now on will be heard. */
  subscribe(listener: BusListener): Promise<Subscription>;
  close(): Promise<void>;
}

export interface BusListener {
  onMessage(message: Uint8Array): void;
  /**
   * The channel's state changed. `down`: messages may be missed from now on. `up`: the subscription is in
   * force again; what was published in between is lost.
   */
  onState?(state: BusState): void;
}

export type BusState = 'up' | 'down';

export interface Subscription {
  unsubscribe(): Promise<void>;
}
