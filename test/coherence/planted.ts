/** A bug, as a change of the sources. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  /** Text that is in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** Bugs that caches of this kind have had, ours among them. */
export const mutants: readonly Mutant[] = [
  {
    name: 'memory is stamped after the load, not before',
    file: 'src/engine/fill-path.ts',
    find: '      stamp,\n      freshUntilMs,',
    replace:
      '      stamp: { generation: this.#parts.channel.trust.generation, atMs: nowMs },\n      freshUntilMs,',
  },
  {
    name: 'memory is served whatever its stamp says',
    file: 'src/engine/near.ts',
    find: 'if (held.stamp.atMs <= this.#sinceMs || !trusts(this.#trust, held.stamp, nowMs)) return undefined;',
    replace: '',
  },
  {
    name: 'memory is served while the channel is not proven',
    file: 'src/engine/near.ts',
    find: 'nowMs < this.#trust.provenUntilMs &&',
    replace: '',
  },
  {
    name: 'no flush on reconnect',
    file: 'src/engine/coherence/bus-channel.ts',
    find: '    this.trust.generation++;\n',
    replace: '',
  },
  {
    name: 'the proof counts from when the heartbeat came back',
    file: 'src/engine/coherence/bus-channel.ts',
    find: 'this.trust.extend(own.untilMs);',
    replace: 'this.trust.extend(nowMs + this.#options.boundMs);',
  },
  {
    name: 'missing messages are not noticed',
    file: 'src/engine/coherence/bus-channel.ts',
    find: 'if (gap) this.#gap(',
    replace: 'if (gap && from === this.#self) this.#gap(',
  },
  {
    name: 'what another instance invalidates stays in memory',
    file: 'src/engine/peers.ts',
    find: '      parts.near.drop(key);\n',
    replace: '',
  },
  {
    name: 'what another instance invalidates does not stop reads under way',
    file: 'src/engine/peers.ts',
    find: '      parts.fence.invalidate(key);\n',
    replace: '',
  },
  {
    name: 'the fence in this process holds nothing back',
    file: 'src/engine/fence.ts',
    find: 'return ticket >= this.#voidBefore && (this.#invalidated.get(key) ?? 0) <= ticket;',
    replace: 'return ticket >= 0 || key === "";',
  },
  {
    name: 'joined a load that began before the invalidation',
    file: 'src/engine/invalidations.ts',
    find: 'this.#loads.abandon(wanted.map(',
    replace: 'void (wanted.map(',
  },
  {
    name: 'flights are joined for ever',
    file: 'src/engine/flights.ts',
    find: 'return current !== undefined && trusts(this.#trust, current.stamp, nowMs) ? current : undefined;',
    replace: 'return current;',
  },
  {
    name: 'waiters load as soon as they have waited once',
    file: 'src/engine/load-path.ts',
    find: 'const isLate = clock.nowMs() >= endMs;',
    replace: 'const isLate = clock.nowMs() >= 0 || endMs === 0;',
  },
  {
    name: 'a refill of the shared tier needs no lease',
    file: 'src/backends/memory/fenced.ts',
    find: 'entries.map((entry) => this.#guards.holds(entry) && this.#put(entry))',
    replace: 'entries.map((entry) => this.#put(entry))',
  },
  {
    name: 'the lease is dropped while others wait for the load',
    file: 'src/engine/loads.ts',
    find: '      await this.#fills.fill(loaded, freshness);\n',
    replace:
      '      for (const reading of readings) this.#fills.giveUp(reading);\n      await this.#fills.fill(loaded, freshness);\n',
  },
  {
    name: 'expire by GET and SET',
    file: 'src/engine/loads.ts',
    find: '      await this.#fills.fill([{ reading, entry }], wanted.route.freshness);\n',
    replace: `
      const value = await this.#fills.sealed({ reading, entry });
      const again = { key: reading.stored, value, ttlMs: wanted.route.slidingMs };
      for (const { slot } of reading.leases) await slot.store([again], undefined);
`,
  },
  {
    name: 'an invalidation leaves the lease',
    file: 'src/backends/memory/fenced.ts',
    find: '  #drop(key: string): boolean {\n    this.#guards.drop(key);\n',
    replace: '  #drop(key: string): boolean {\n',
  },
  {
    name: 'a write stores whoever interfered',
    file: 'src/backends/memory/fenced.ts',
    find: 'if (this.#guards.holds(entry)) return this.#put(entry);',
    replace: 'if (this.#guards !== undefined) return this.#put(entry);',
  },
  {
    name: 'the epoch is read after the load',
    file: 'src/engine/loads.ts',
    find: 'const allTags = added.length === 0',
    replace:
      'Object.assign(mark, this.#parts.ledger.reached && { incarnation: this.#parts.ledger.reached.incarnation, epoch: this.#parts.ledger.reached.epoch });\n        const allTags = added.length === 0',
  },
  {
    name: 'a missing tag is valid',
    file: 'src/backends/memory/ledger.ts',
    find: 'this.tags.get(tag) ?? this.epoch;',
    replace: 'this.tags.get(tag) ?? 0;',
  },
  {
    name: 'a write carries the epoch from after saving',
    file: 'src/engine/tiered-cache.ts',
    find: 'entries.make([item], mark)',
    replace: 'entries.make([item])',
  },
  {
    name: 'ignorance of a tag excuses another incarnation',
    file: 'src/engine/ledger-view.ts',
    find: "    if (page === undefined) return 'unknown';",
    replace: "    if (page === undefined || !this.knows(written.tags, sinceMs)) return 'unknown';",
  },
  {
    name: 'an answer of the ledger that was overtaken is forgotten',
    file: 'src/engine/ledger-view.ts',
    find: '      this.#raise(tags, page);\n',
    replace: '',
  },
  {
    name: 'a page read before an invalidation is kept after it',
    file: 'src/engine/ledger-view.ts',
    find: '      if (version !== this.version) return false;\n',
    replace: '      if (version < 0) return false;\n',
  },
  {
    name: 'a tier that could not be told is read',
    file: 'src/engine/recovery.ts',
    find: 'return this.#full.has(slot) || this.#keys.get(slot)?.has(stored) === true;',
    replace: 'return this.#full.has(slot) && this.#keys.get(slot)?.has(stored) === true;',
  },
  {
    name: 'what could not be invalidated is not tried again',
    file: 'src/engine/recovery.ts',
    find: '    if (this.#closed || this.#cancelTimer !== undefined) return;',
    replace: '    if (this.#clock.nowMs() >= 0) return;',
  },
  {
    name: 'a failed invalidation is acknowledged',
    file: 'src/engine/invalidations.ts',
    find: '    throwFirst(failures);\n    return removed;',
    replace: '    return removed;',
  },
  {
    name: 'the nearest tier is invalidated first',
    file: 'src/engine/invalidations.ts',
    find: '      .toReversed();',
    replace: '      .slice();',
  },
  {
    name: 'back-off added to the old expiry',
    file: 'src/engine/loads.ts',
    find: 'const forMs = stale === undefined ? freshness.backoffMs : freshness.throttleMs;',
    replace:
      'const forMs = stale === undefined ? freshness.backoffMs : stale.freshUntilMs + freshness.throttleMs - clock.nowMs();',
  },
  {
    name: 'jitter on the throttle',
    file: 'src/engine/loads.ts',
    find: 'const forMs = stale === undefined ? freshness.backoffMs : freshness.throttleMs;',
    replace:
      'const forMs = (stale === undefined ? freshness.backoffMs : freshness.throttleMs) * this.#parts.random.next();',
  },
  {
    name: 'a background fill is not fenced',
    file: 'src/engine/fill-path.ts',
    find: '    if (!fence.holds(key, ticket)) {',
    replace: '    if (!fence.holds(key, ticket) && ticket < 0) {',
  },
  {
    name: 'memory keeps what the shared tier refused',
    file: 'src/engine/fill-path.ts',
    find: 'if (!refused.has(reading)) this.keepNear(',
    replace: 'this.keepNear(',
  },
  {
    name: 'an entry lives on when it is copied into memory',
    file: 'src/engine/hits.ts',
    find: 'freshUntilMs: keptUntilMs - (keptUntilMs === Infinity ? 0 : opened.meta.graceMs),',
    replace: 'freshUntilMs: Infinity,',
  },
];
