import type { Clock } from '../../base/clock.ts';
import { checkValueSize } from '../keys.ts';
import type { TierEntry } from '../tier-entry.ts';
import type { Command } from './batch.ts';
import type { Connection } from './connection.ts';
import { entryExpiry } from './expiry.ts';
import { wireKey } from './keys.ts';

/** What the commands that store entries depend on, besides the server. */
export interface EntrySettings {
  /** The tier's name, for errors. */
  readonly name: string;
  readonly maxValueBytes: number;
  readonly clock: Clock;
}

/**
 * Stores an entry, or deletes it when its time is over already.
 * @param condition more flags: ` C<cas>`
 * @throws CachectlError `VALUE_TOO_LARGE`, and as {@link wireKey}
 */
export function storeCommand(
  connection: Connection,
  { key, value, ttlMs }: TierEntry,
  { name, maxValueBytes, clock }: EntrySettings,
  condition = '',
): Command {
  const { text, flag } = wireKey(name, key);
  if (ttlMs !== undefined && ttlMs <= 0) return { line: `md ${text}${condition}${flag}\r\n` };
  checkValueSize(name, key, value.byteLength, maxValueBytes);
  const expiry =
    ttlMs === undefined ? '' : ` T${entryExpiry(ttlMs, connection.facts.unixTimeOffsetMs, clock)}`;
  return { line: `ms ${text} ${value.byteLength}${condition}${expiry}${flag}\r\n`, value };
}
