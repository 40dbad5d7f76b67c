/**
 * The contract of a message bus between instances: best effort, at most once, in order per publisher while
 * the channel is up. Messages can be lost; whoever needs to know counts them (sequence numbers are the
 * engine's work). A subscriber also hears its own messages.
 */
export interface Bus {
  /** Resolves when the server has taken the message, with who was listening then; rejects within the deadline otherwise. */
  publish(message: Uint8Array): Promise<Audience>;
  /**
   * Publishes, and in the same step of the server puts `member` among the audience of whatever is published
   * within the next `forMs` milliseconds on the server's own clock.
   */
  beat(member: string, forMs: number, message: Uint8Array): Promise<void>;
  /** Takes the member out of the audience. */
  leave(member: string): Promise<void>;
  /** Resolves once messages published from now on will be heard. */
  subscribe(listener: BusListener): Promise<Subscription>;
  close(): Promise<void>;
}

/**
 * Who listened when a message was published: everybody who said so by {@link Bus.beat} and whose time was not over.
 * Where the server may have forgotten somebody (it was restarted, or its records were evicted), there is one member
 * more, without a name, whose time is over when that of those forgotten must be: it can be waited for, and never answers.
 */
export type Audience = readonly AudienceMember[];

export interface AudienceMember {
  readonly member: string;
  /** Time that was left of its last beat, in milliseconds. */
  readonly forMs: number;
}

export interface BusListener {
  onMessage(message: Uint8Array): void;
  /**
   * The channel's state changed. `down`: messages may be missed from now on. `up`: the subscription is in
   * force again; what was published in between is lost.
   */
  onState?(state: BusState): void;
  /**
   * The server itself says that these keys changed, whoever changed them; undefined: all may have. Only of a bus
   * that was opened to track keys.
   */
  onServerChange?(keys: readonly Uint8Array[] | undefined): void;
}

export interface BusOptions {
  /**
   * Asks the server to tell of every change of a key that begins so ({@link BusListener.onServerChange}), where it
   * can; other backends ignore it.
   */
  readonly track?: string | undefined;
}

export type BusState = 'up' | 'down';

export interface Subscription {
  unsubscribe(): Promise<void>;
}

/** A message that is to be published together with a change, in one step where the server can do that. */
export interface Notice {
  readonly bus: Bus;
  readonly message: Uint8Array;
  /** False: who listens need not be found out, and the audience may be empty. Default true. */
  readonly wantsAudience?: boolean;
}
