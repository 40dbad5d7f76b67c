import { bareNotice } from './fault-bus.ts';
import { FaultLine, type LineOptions } from './fault-line.ts';
import type { FencedAccess } from './fenced.ts';
import type { LocalAccess, Tier } from './tier.ts';

/** A tier with faults that can be switched at any time, by {@link FaultLine.inject} of its line. */
export interface FaultTier extends Tier {
  readonly line: FaultLine;
}

/** Puts a line with faults before a tier; or takes one, which other parts of the same server then share. */
export function faultTier(tier: Tier, line: LineOptions | FaultLine): FaultTier {
  const way = line instanceof FaultLine ? line : new FaultLine(tier.name, line);
  return {
    line: way,
    name: tier.name,
    capabilities: tier.capabilities,
    ...(tier.local === undefined ? {} : { local: faultyLocal(tier.local, way) }),
    ...(tier.fenced === undefined ? {} : { fenced: faultyFenced(tier.fenced, way) }),
    get: (key, options) => way.call(() => tier.get(key, options)),
    getMany: (keys, options) => way.call(() => tier.getMany(keys, options)),
    set: (key, value, ttlMs) => way.call(() => tier.set(key, value, ttlMs)),
    setMany: (entries) => way.call(() => tier.setMany(entries)),
    delete: (key) => way.call(() => tier.delete(key)),
    deleteMany: (keys) => way.call(() => tier.deleteMany(keys)),
    deletePrefix: (prefix) => way.call(() => tier.deletePrefix(prefix)),
    stats: () => way.call(() => tier.stats()),
    close: () => tier.close(),
  };
}

/** What waits for nothing cannot be late: it misses, or does not store. What is dropped stays dropped. */
function faultyLocal(local: LocalAccess, line: FaultLine): LocalAccess {
  return {
    scope: (prefix) => faultyLocal(local.scope(prefix), line),
    read: (key, nowMs) => (line.fails() ? undefined : local.read(key, nowMs)),
    write(key, value, ttlMs, memo) {
      if (!line.fails()) return local.write(key, value, ttlMs, memo);
      local.drop(key);
      return false;
    },
    drop: (key) => local.drop(key),
  };
}

function faultyFenced(fenced: FencedAccess, line: FaultLine): FencedAccess {
  return {
    fetch: (key, leaseMs, options) => line.call(() => fenced.fetch(key, leaseMs, options)),
    fetchMany: (keys, leaseMs, options) => line.call(() => fenced.fetchMany(keys, leaseMs, options)),
    acquire: (key, leaseMs) => line.call(() => fenced.acquire(key, leaseMs)),
    fill: (entries) => line.call(() => fenced.fill(entries)),
    renew: (key, token, leaseMs) => line.call(() => fenced.renew(key, token, leaseMs)),
    release: (leases, failure) => line.call(() => fenced.release(leases, failure)),
    invalidate: (keys, notice) => line.call(() => fenced.invalidate(keys, bareNotice(notice))),
    store: (entries, notice) => line.call(() => fenced.store(entries, bareNotice(notice))),
    claim: (keys, leaseMs) => line.call(() => fenced.claim(keys, leaseMs)),
    settle: (entries, notice) => line.call(() => fenced.settle(entries, bareNotice(notice))),
  };
}
