/**
 * The contract of a durable queue with a group of consumers: at least once, in order while nothing fails.
 * What `append` resolved for survives the death of every client. A batch that is taken and not acknowledged
 * within its time is given to another consumer.
 */
export interface Queue {
  /** Resolves when the server has the messages; they follow each other. */
  append(messages: readonly Uint8Array[]): Promise<void>;
  /**
   * Waits up to `waitMs` for messages nobody has taken; empty when there are none. Calls that wait hold up no
   * others. Settles at once when the queue is closed, and within the deadline after `waitMs` whatever the server does.
   */
  take(consumer: string, options: TakeOptions): Promise<readonly QueueMessage[]>;
  /**
   * Starts anew the time after which the messages count as abandoned, of those the consumer still has: for one that
   * works on them for long.
   */
  extend(consumer: string, ids: readonly string[]): Promise<void>;
  /** Ends the messages: nobody gets them again. Ids that are not known are passed over. */
  acknowledge(ids: readonly string[]): Promise<void>;
  /** Messages not yet acknowledged, taken ones included. */
  pending(): Promise<number>;
  /** Later calls reject with `CLOSED`. What was taken and not acknowledged is others' to take. */
  close(): Promise<void>;
}

export interface TakeOptions {
  /** At least 1. */
  readonly most: number;
  readonly waitMs: number;
  /**
   * Messages that a consumer (another one, or this one before) took longer ago than this, in milliseconds, and did not
   * acknowledge are taken from it, first.
   */
  readonly abandonedMs: number;
}

export interface QueueMessage {
  readonly id: string;
  /**
   * Ascends in the order of appending, also across restarts of the server and when the queue was lost; fits a
   * signed 64-bit integer. What was applied last can be told by it from what is older.
   */
  readonly sequence: bigint;
  readonly body: Uint8Array;
  /** How often it was handed out, this time included. */
  readonly deliveries: number;
}
