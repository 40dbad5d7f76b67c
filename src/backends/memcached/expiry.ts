import type { Clock } from '../../base/clock.ts';

/** Above this the server reads a time to live as a date (memcached, doc/protocol.txt). */
const LONGEST_RELATIVE_SECONDS = 30 * 86_400;
/** Dates are signed 32-bit numbers of seconds. */
const LAST_DATE_SECONDS = 2 ** 31 - 1;

/**
 * The expiry to send for an entry, in seconds: rounded down, so that it does not outlive its TTL; 1 at least; 0
 * (never) without a TTL. Over 30 days it is a date by the server's own clock, and without that 30 days.
 */
export function entryExpiry(
  ttlMs: number | undefined,
  unixTimeOffsetMs: number | undefined,
  clock: Clock,
): number {
  if (ttlMs === undefined || ttlMs === Infinity) return 0;
  const seconds = Math.max(1, Math.floor(ttlMs / 1000));
  if (seconds <= LONGEST_RELATIVE_SECONDS) return seconds;
  if (unixTimeOffsetMs === undefined) return LONGEST_RELATIVE_SECONDS;
  return Math.min(LAST_DATE_SECONDS, Math.floor((clock.nowMs() + unixTimeOffsetMs + ttlMs) / 1000));
}

/**
 * The expiry to send for a lease, in seconds. The server counts ticks of a second and may be at the end of one, so
 * one is added to the time rounded up: a lease never ends early, and up to 2 s late. At most 30 days.
 */
export function leaseExpiry(ttlMs: number): number {
  return Math.min(LONGEST_RELATIVE_SECONDS, Math.ceil(ttlMs / 1000) + 1);
}
