import type { Announced } from '../../backends/fenced.ts';
import type { Audience, Bus, Notice } from '../../backends/bus.ts';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { CoherenceLevel } from '../options.ts';
import type { Trust } from './trust.ts';

/** What one instance tells the others. */
export interface Tidings {
  /** Keys as callers write them, parts joined. */
  readonly keys: readonly string[];
  readonly tags: readonly string[];
  /** The ledger's page changed: patterns, or everything. */
  readonly page: boolean;
  /** More than can be named: anything may have changed. Who hears it has a gap as well. */
  readonly all?: true;
}

/** What a channel does with what it hears. All are called at once, in the order heard, and must not throw. */
export interface ChannelListener {
  /** Another instance invalidated this. An acknowledgement, where asked for, is sent after it returned. */
  onTidings(tidings: Tidings): void;
  /** The server says that these stored keys changed; undefined: all may have. */
  onServerChange(storedKeys: readonly string[] | undefined): void;
  /** Messages may have been missed: the generation changed. */
  onGap(why: string): void;
  onState(state: 'proven' | 'lost', why: string): void;
}

export interface ChannelOptions {
  readonly bus: Bus;
  readonly level: CoherenceLevel;
  /** How long a proof of the channel lasts, in milliseconds; also the bound of {@link Trust} unless `strict`. The same for all instances. */
  readonly boundMs: number;
  /** Name of this instance. */
  readonly instance: string;
  readonly clock: Clock;
  /** For the session's name and the jitter of heartbeats. Default: not seeded. */
  readonly random?: Random;
  readonly listener: ChannelListener;
}

/**
 * The channel between the instances of an application.
 */
export interface Channel {
  readonly trust: Trust;
  /** Resolves when the subscription is in force and the channel proven, or the attempt goes on in the background. */
  start(): Promise<void>;
  /**
   * Numbers a message and makes it ready. It is then either published by a tier together with its own change
   * ({@link Draft.notice}), or by {@link Draft.publish}; and must be ended by one of `publish`, `published`, `failed`.
   */
  draft(tidings: Tidings): Draft;
  /** Tells the others that this instance leaves, and stops. */
  close(): Promise<void>;
}

export interface Draft {
  readonly notice: Notice;
  /** Published by the tier: resolves when the level's condition is met (strict: everybody acknowledged or is silent). */
  published(audience: Audience): Promise<void>;
  /** Publishes now, and resolves as {@link published}. On failure it is kept and sent when the bus is back; rejects unless `bounded`. */
  publish(): Promise<void>;
  /** Nothing was changed, or it is not known: the others find a gap in the numbers. */
  failed(): void;
}

/** Ends a draft according to what the tier made of its notice. */
export function conclude(draft: Draft, { audience }: Announced): Promise<void> {
  return audience === undefined ? draft.publish() : draft.published(audience);
}
