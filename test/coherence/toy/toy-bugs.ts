import type { RuleName } from '../judge.ts';

/** What can be wrong with the toy cache. */
export type ToyBug =
  | 'stamps-after-load'
  | 'fills-memory-after-own-invalidation'
  | 'memory-for-ever'
  | 'joins-for-ever'
  | 'fills-without-lease'
  | 'keeps-leases'
  | 'settles-blindly'
  | 'missing-tag-is-valid'
  | 'ignores-patterns'
  | 'acknowledges-failures'
  | 'invalidates-memory-only'
  | 'mixes-keys'
  | 'waits-for-nobody'
  | 'jitters-throttle'
  | 'reads-extend'
  | 'fails-with-the-store'
  | 'waits-for-ever';

/** What the checker has to say to each: one of these. */
export const TOY_BUGS: Readonly<Record<ToyBug, readonly RuleName[]>> = {
  'stamps-after-load': ['stale', 'backwards'],
  'fills-memory-after-own-invalidation': ['stale', 'backwards'],
  'memory-for-ever': ['stale', 'expired'],
  'joins-for-ever': ['stale'],
  'fills-without-lease': ['stale', 'backwards'],
  'keeps-leases': ['stale', 'backwards'],
  'settles-blindly': ['stale', 'backwards'],
  'missing-tag-is-valid': ['stale', 'diverged'],
  'ignores-patterns': ['stale'],
  'acknowledges-failures': ['stale', 'diverged'],
  'invalidates-memory-only': ['stale'],
  'mixes-keys': ['invented'],
  'waits-for-nobody': ['loads', 'throttle'],
  'jitters-throttle': ['throttle'],
  'reads-extend': ['expired'],
  'fails-with-the-store': ['refused'],
  'waits-for-ever': ['hung'],
};
