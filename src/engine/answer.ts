import type { Timed } from './reading.ts';
import type { StaleReason } from './signals.ts';
import type { Found } from './values.ts';

/** What a read ended with. */
export interface Answer {
  /** Name of the tier that had it, or {@link LOADER}; undefined when nobody had it. */
  readonly source?: string;
  /** The entry; undefined when nobody had it. */
  readonly found?: Found;
  /** Set when it had expired. */
  readonly stale?: StaleReason;
}

export const LOADER = 'loader';

export const NOTHING: Answer = {};

export function answerOf({ source, found }: Timed): Answer {
  return { source, found };
}
