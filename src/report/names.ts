import type { VariantResult } from '../results/run-result.ts';
import { clean } from './text.ts';

/** The names of the tiers for people, from the nearest to the farthest. */
export const TIER_LABELS: Readonly<Record<string, string>> = {
  l1: 'L1',
  redis: 'Redis',
  memcached: 'Memcached',
  database: 'database',
};

/** What people call a variant: its title, or its id when it has none. */
export function nameOf({ id, title }: Pick<VariantResult, 'id' | 'title'>): string {
  return clean(title) || clean(id);
}
