import { CachectlError } from '../../../base/errors.ts';
import { didYouMean, nearest } from '../../../base/nearest.ts';
import type { EntryTable } from './entry-table.ts';
import type { Bounds, Eviction } from './eviction.ts';
import { Fifo } from './fifo.ts';
import { Lru } from './lru.ts';
import { S3Fifo } from './s3-fifo.ts';
import { Sieve } from './sieve.ts';
import { WTinyLfu } from './w-tinylfu.ts';

export type EvictionName = 'lru' | 'fifo' | 'sieve' | 's3-fifo' | 'w-tinylfu';

export type EvictionFactory = (table: EntryTable, bounds: Bounds) => Eviction;

/** Eviction policies by name. */
export const EVICTION_POLICIES: Readonly<Record<EvictionName, EvictionFactory>> = {
  lru: (table) => new Lru(table),
  fifo: (table) => new Fifo(table),
  sieve: (table) => new Sieve(table),
  's3-fifo': (table, bounds) => new S3Fifo(table, bounds),
  'w-tinylfu': (table, bounds) => new WTinyLfu(table, bounds),
};

export const DEFAULT_EVICTION: EvictionName = 'w-tinylfu';

/** The policy called `name`; throws `BAD_USAGE` when it is unknown, naming the known ones, the nearest first. */
export function evictionFactory(name: string): EvictionFactory {
  const policies: Readonly<Record<string, EvictionFactory>> = EVICTION_POLICIES;
  const found = Object.hasOwn(policies, name) ? policies[name] : undefined;
  if (found !== undefined) return found;
  const names = Object.keys(policies);
  const best = nearest(name, names);
  const known = best === undefined ? names : [best, ...names.filter((other) => other !== best)];
  throw new CachectlError('BAD_USAGE', `unknown eviction policy '${name}'${didYouMean(name, names)}`, {
    hint: `known: ${known.join(', ')}`,
  });
}
