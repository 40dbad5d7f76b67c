import type { z } from 'zod';
import { didYouMean } from '../base/nearest.ts';
import type { PolicyFile } from './policy.ts';
import type { Variant } from './scenario.ts';

interface Sections {
  readonly policies: Readonly<Record<string, PolicyFile>>;
  readonly variants?: readonly Variant[] | undefined;
}

/** Checks that each variant's policy is one of the file's, is one that operations can drive, and uses the variant's tiers. */
export function checkVariantPolicies({ policies, variants = [] }: Sections, context: z.RefinementCtx): void {
  for (const [index, { policy: name, tiers }] of variants.entries()) {
    if (name === undefined) continue;
    const report = (path: readonly (string | number)[], message: string): void =>
      context.addIssue({ code: 'custom', path: ['variants', index, ...path], message });
    const policy = Object.hasOwn(policies, name) ? policies[name] : undefined;
    if (policy === undefined) {
      report(['policy'], `there is no policy '${name}'${didYouMean(name, Object.keys(policies))}`);
      continue;
    }
    const undriven = whyUndriven(policy, tiers.length);
    if (undriven !== undefined) report(['policy'], `the policy '${name}' ${undriven}`);
    for (const [at, tier] of tiers.entries()) {
      if (!policy.tiers.includes(tier))
        report(['tiers', at], `the policy '${name}' does not use the tier '${tier}'`);
    }
  }
}

function whyUndriven({ key, strategy, limit, tiers: [tier] }: PolicyFile, tiers: number): string | undefined {
  if (!key.includes('{')) return 'has one key: give it a parameter, as in {id}';
  if (strategy === 'write-behind') return 'is write-behind, which a scenario does not drive';
  if (strategy !== 'counter') return undefined;
  if (limit === undefined) return 'is a counter and has no limit';
  if (tier === 'memcached') return 'is a counter, and Memcached cannot count so: use redis or database';
  return tiers === 0 ? 'is a counter, which needs its tier' : undefined;
}
