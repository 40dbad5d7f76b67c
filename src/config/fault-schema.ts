import { z } from 'zod';
import type { FailoverWork } from './kinds/failover.ts';
import type { Fault, TierName } from './scenario.ts';

/** `fault:` of a variant. */
export const faultSchema: z.ZodType<Fault> = z
  .strictObject({
    tier: z
      .enum(['redis', 'memcached', 'database'])
      .describe('Whose server it strikes; that of the database is the origin too.'),
    kind: z
      .enum(['stop', 'kill', 'slow', 'reset', 'partition', 'refuse'])
      .describe(
        'stop: frozen; kill: ended, and started again empty; slow: answers late; reset: connections are reset; partition: nothing passes; refuse: connections end, and none is accepted.',
      ),
  })
  .describe('What happens to a server while the load goes on (kind: failover).');

interface File {
  readonly kind: string;
  readonly durationMs: number;
  readonly variants:
    | readonly { readonly tiers: readonly TierName[]; readonly fault?: Fault | undefined }[]
    | undefined;
  /** Absent when the kind is another. */
  readonly failover: Pick<FailoverWork, 'afterMs' | 'forMs'> | undefined;
}

/** Each variant of a failover has a fault that can be seen in it, and no other has one. */
export function checkFaults({ kind, durationMs, variants, failover }: File, context: z.RefinementCtx): void {
  const complain = (path: readonly (string | number)[], message: string): void =>
    context.addIssue({ code: 'custom', path: [...path], message });
  for (const [index, { fault, tiers }] of (variants ?? []).entries()) {
    if (kind !== 'failover') {
      if (fault !== undefined) complain(['variants', index, 'fault'], 'this key needs kind: failover');
    } else if (fault === undefined) {
      complain(
        ['variants', index],
        "a variant of a failover needs its fault, as 'fault: { tier: redis, kind: stop }'",
      );
    } else if (fault.tier !== 'database' && !tiers.includes(fault.tier)) {
      complain(['variants', index, 'fault', 'tier'], `the variant has no tier '${fault.tier}'`);
    }
  }
  if (failover !== undefined && failover.afterMs + failover.forMs >= durationMs) {
    complain(
      ['failover', 'for'],
      'the fault lasts to the end of the measured part: nothing is left to recover in',
    );
  }
}
