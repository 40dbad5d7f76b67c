import { z } from 'zod';
import { formatDuration } from '../../base/units.ts';
import { duration, size } from '../fields.ts';
import { instancesText, type KindForm, type VariantFile } from './kind.ts';

/** A server is disturbed while the load goes on. What is done to which is the `fault` of each variant. */
export interface FailoverWork {
  readonly kind: 'failover';
  /** From the start of the measured part to the fault, in milliseconds. */
  readonly afterMs: number;
  /** How long it lasts, in milliseconds. */
  readonly forMs: number;
  /** What a slow way adds to each byte, in each direction, in milliseconds. */
  readonly delayMs: number;
  /** How far that varies up and down, at most, in milliseconds. */
  readonly jitterMs: number;
  /** What a slow way lets through, in bytes per second and direction of each connection. */
  readonly bandwidth: number;
}

const WAYS_TO_FAIL = [
  ['stop', 'stopped'],
  ['kill', 'killed'],
  ['slow', 'slow'],
  ['reset', 'resetting'],
  ['partition', 'cut off'],
  ['refuse', 'refusing'],
] as const;

/** Each fault on Redis, behind memory. */
const FAULTS: readonly VariantFile[] = WAYS_TO_FAIL.map(([kind, how]) => ({
  id: `redis-${kind}`,
  title: `Redis ${how}`,
  tiers: ['l1', 'redis'],
  fault: { tier: 'redis', kind },
}));

export const failover: KindForm<FailoverWork> = {
  section: z
    .strictObject({
      after: duration('100ms', '1h')
        .prefault('3s')
        .describe('From the start of the measured part to the fault.'),
      for: duration('100ms', '1h').prefault('3s').describe('How long the fault lasts.'),
      delay: duration('0ms', '1m')
        .prefault('200ms')
        .describe('What a slow server adds to all that is sent, in each direction.'),
      jitter: duration('0ms', '1m')
        .prefault('0ms')
        .describe('How far the delay varies up and down, at most.'),
      bandwidth: size('1KiB', '1GiB')
        .prefault('1GiB')
        .describe('What a slow server lets through per second, on each connection in each direction.'),
    })
    .transform((section) => ({
      kind: 'failover' as const,
      afterMs: section.after,
      forMs: section.for,
      delayMs: section.delay,
      jitterMs: section.jitter,
      bandwidth: section.bandwidth,
    }))
    .describe('A server is disturbed while the load goes on, and comes back.'),
  variants: FAULTS,
  instances: 4,
  lengthMs: (_work, { warmupMs, durationMs }) => warmupMs + durationMs,
  describe: ({ afterMs, forMs }, instances) =>
    `${instancesText(instances)}, each fault from ${formatDuration(afterMs)} to ${formatDuration(afterMs + forMs)}`,
};
