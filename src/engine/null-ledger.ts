import { CachectlError } from '../base/errors.ts';
import type { Ledger, LedgerAdvance, LedgerPage } from '../backends/ledger.ts';

/** Where no tier of the cache can keep a ledger: every entry is valid, and only keys can be invalidated. */
export const nullLedger: Ledger = {
  async read(tags): Promise<LedgerPage> {
    return { incarnation: '0'.repeat(16), epoch: 0, floor: 0, patterns: [], tags: tags.map(() => 0) };
  },
  async advance(): Promise<LedgerAdvance> {
    throw new CachectlError(
      'NOT_SUPPORTED',
      'no tier of this cache keeps a ledger of tags, patterns and versions',
      {
        hint: 'give the cache a backend that has one (Redis, Memcached, a database), or invalidate by key',
      },
    );
  },
};
