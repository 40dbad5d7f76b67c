import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Plant {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** Bugs that a run must see. */
const PLANTS: Readonly<Record<string, Plant>> = {
  'no-flush': {
    file: 'src/engine/coherence/bus-channel.ts',
    find: 'this.trust.generation++;',
    replace: '',
  },
  'long-proof': {
    file: 'src/engine/coherence/proof.ts',
    find: 'untilMs: nowMs + this.#lastsMs,',
    replace: 'untilMs: nowMs + 3 * this.#lastsMs,',
  },
  'fill-without-lease': {
    file: 'src/backends/redis/fenced-scripts.ts',
    find: `FILL: Script = script(\`
  local n = #KEYS / 2
  local answer = {}
  for i = 1, n do
    if redis.call('get', KEYS[n + i]) == ARGV[3 * i - 2] then`,
    replace: `FILL: Script = script(\`
  local n = #KEYS / 2
  local answer = {}
  for i = 1, n do
    if true then`,
  },
  'expire-by-get-and-set': {
    file: 'src/engine/loads.ts',
    find: '      await this.#fills.fill([{ reading, entry }], wanted.route.freshness);\n',
    replace: `
      const value = await this.#fills.sealed({ reading, entry });
      const again = { key: reading.stored, value, ttlMs: wanted.route.slidingMs };
      for (const { slot } of reading.leases) await slot.store([again], undefined);
`,
  },
  'lost-tag-is-valid': {
    file: 'src/backends/redis/ledger.ts',
    find: 'else tags[i - 1] = mark(KEYS[i]) end',
    replace: 'else tags[i - 1] = 0 end',
  },
  'strict-without-acknowledgements': {
    file: 'src/engine/coherence/outgoing.ts',
    find: "if (level !== 'strict') return;",
    replace: "if (level === 'strict') return;",
  },
  'failed-invalidation-is-not-repeated': {
    file: 'src/engine/recovery.ts',
    find: 'if (this.#closed || this.#cancelTimer !== undefined) return;',
    replace: 'if (this.#cancelTimer === undefined) return;',
  },
  'trusts-late-answers': {
    file: 'src/engine/ledger-view.ts',
    find: 'if (version === this.version) this.#keep(change.tags ?? [], advanced.page, stamp);\n    else this.forget(change.tags ?? [], true);',
    replace: 'this.#keep(change.tags ?? [], advanced.page, stamp);',
  },
  'youth-excuses-own-changes': {
    file: 'src/engine/near.ts',
    find: ' && held.stamp.atMs > this.#changedMs) return held;',
    replace: ') return held;',
  },
};

/** Changes a copy of the sources. */
export function plant(name: string, source: string): void {
  const bug = PLANTS[name];
  if (bug === undefined)
    throw new Error(`no bug is called '${name}': there are ${Object.keys(PLANTS).join(', ')}`);
  const path = join(source, bug.file);
  const text = readFileSync(path, 'utf8');
  if (text.split(bug.find).length !== 2) throw new Error(`${bug.file} has no single place for '${name}'`);
  writeFileSync(
    path,
    text.replace(bug.find, () => bug.replace),
  );
}
