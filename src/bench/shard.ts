import { createHash } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { delay } from '../base/deadline.ts';
import { lengthOf } from '../config/kinds/registry.ts';
import type { Scenario } from '../config/scenario.ts';
import type { Party } from '../testbed/testbed.ts';
import type { Shard } from './share.ts';

/** Between two variants, in milliseconds: all machines close the one and open the other in it. */
const PAUSE_MS = 5000;

/** The names that all shards of a run share; the first one makes and removes what is shared. */
export function partyOf(scenario: Scenario, { index, count, startAtMs }: Shard): Party {
  const run = JSON.stringify([scenario.name, scenario.seed, count, startAtMs]);
  return { id: createHash('sha256').update(run).digest('hex').slice(0, 8), isOwner: index === 0 };
}

/** Waits for the time at which all machines begin the variant, or for an abort; who comes later begins at once. */
export async function waitForStart(
  scenario: Scenario,
  variantIndex: number,
  { startAtMs }: Shard,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const variantMs = lengthOf(scenario) / Math.max(1, scenario.variants.length);
  const dueMs = startAtMs + variantIndex * (variantMs + PAUSE_MS);
  const waitMs = dueMs - clock.wallMs();
  if (waitMs > 0) await delay(clock, waitMs, signal).catch(() => {});
}

/** How long the owner leaves what is shared after its own part: others may be a moment behind, in milliseconds. */
export const GRACE_MS: number = PAUSE_MS / 2;
