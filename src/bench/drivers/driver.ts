import type { Clock } from '../../base/clock.ts';
import type { Scenario, TierName } from '../../config/scenario.ts';
import type { Cache } from '../../engine/index.ts';
import type { Outcome } from '../../metrics/interval-series.ts';
import type { Target } from '../../testbed/target.ts';
import type { Operation } from '../../workload/operations.ts';
import type { TtlMaker } from '../../workload/ttls.ts';
import type { ValueMaker } from '../../workload/values.ts';

export type Succeeded = Exclude<Outcome, 'error'>;

/**
 * Carries out one kind of operation on whatever is measured, in two halves: the wait between them is the
 * executor's own. An async function around both would cost each operation a percent.
 */
export interface Act {
  /** Sends it; `slot` is the connection, where there are several. Rejects when it failed. */
  readonly send: (keyIndex: number, slot: number) => Promise<unknown>;
  /** Judges the reply; a promise where more is to be done, as a load after a miss. Throws when the reply is wrong. */
  readonly judge: (reply: unknown, keyIndex: number, slot: number) => Succeeded | Promise<Succeeded>;
}

/** Carries out operations by promises: one act for each kind. */
export type Acts = Readonly<Record<Operation, Act>>;

/** Ties the two halves together by the type of the reply. */
export function act<Reply>(
  send: (keyIndex: number, slot: number) => Promise<Reply>,
  judge: (reply: Reply, keyIndex: number, slot: number) => Succeeded | Promise<Succeeded>,
): Act {
  return { send, judge: (reply, keyIndex, slot) => judge(reply as Reply, keyIndex, slot) };
}

export const written = (): Succeeded => 'written';

/** Carries out operations by callbacks: a promise for each would cost more than the operation itself. */
export interface CallbackDriver {
  /**
   * Begins an operation on a connection. What is begun in one go, or in answer to what arrived in one read, leaves in
   * one write. How it ends is told to the events, never before this has returned.
   * @param due when it was due, for the events
   * @param sent when it is sent, for the events
   */
  readonly begin: (operation: Operation, keyIndex: number, slot: number, due: number, sent: number) => void;
  /** Who is told from now on. */
  readonly listen: (events: OperationEvents) => void;
}

/** What a {@link CallbackDriver} tells. Operations that were answered in one read have ended at one time. */
export interface OperationEvents {
  readonly ended: (
    operation: Operation,
    slot: number,
    due: number,
    sent: number,
    endedMs: number,
    outcome: Succeeded,
  ) => void;
  readonly failed: (slot: number, due: number, endedMs: number, error: unknown) => void;
}

export type Driver = Acts | CallbackDriver;

/** Loads a key from the origin: gives the version of its data. */
export type LoadOrigin = (keyIndex: number) => Promise<number>;

export type DriverName = 'engine' | 'raw' | 'ioredis' | 'memjs';

/** A tier with a server that bare clients can speak to. */
export type ServerTier = Extract<TierName, 'redis' | 'memcached'>;

/** What a driver works with. */
export interface DriverContext {
  readonly scenario: Scenario;
  readonly tiers: readonly TierName[];
  /** Addresses of the servers. */
  readonly target: Target;
  /** Over the variant's tiers. The bare clients use its namespace, and leave the tidying up to it. */
  readonly cache: Cache;
  readonly values: ValueMaker;
  /** Times to live of what is written, where they differ from those of the tiers. */
  readonly ttls: TtlMaker;
  /** What a trace says of the key that is now set, before what the distribution says; undefined when it does not tell. */
  readonly tracedTtlMsOf?: ((keyIndex: number) => number | undefined) | undefined;
  readonly loadOrigin: LoadOrigin;
  /** The keys of a multi-get: the given one, and more from the workload's sequence. */
  readonly batchOf: (keyIndex: number) => readonly number[];
  readonly clock: Clock;
}

export interface OpenDriver {
  readonly driver: Driver;
  close(): Promise<void>;
}

/** What is known of a driver before it is used. */
export interface DriverSpec {
  /** What its variant is called, for people. */
  readonly title: string;
  /** The tiers whose server it speaks to; undefined: it takes any tiers. */
  readonly speaks: readonly ServerTier[] | undefined;
  /** Operations that it does not have, and why. */
  readonly lacks: readonly { readonly operation: Operation; readonly why: string }[];
  /** @throws CachectlError as the connections that it opens; then nothing stays open */
  readonly open: (context: DriverContext) => Promise<OpenDriver>;
}

/** How long a bare client waits for an answer, in milliseconds: longer than any stall worth measuring. */
export const BARE_DEADLINE_MS = 10_000;

/** The one server that a bare client speaks to: the nearest of its tiers that it knows. */
export function serverTier(
  tiers: readonly TierName[],
  speaks: readonly ServerTier[],
): ServerTier | undefined {
  return tiers.find((tier): tier is ServerTier => (speaks as readonly TierName[]).includes(tier));
}
