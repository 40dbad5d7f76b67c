import type { Clock } from '../../base/clock.ts';
import type { FencedAccess } from '../fenced.ts';
import { keyBytes } from '../keys.ts';
import type { GetOptions, Tier, TierCapabilities, TierStats } from '../tier.ts';
import type { TierEntry, TierHit, TierKey } from '../tier-entry.ts';
import { askAll, type Command } from './batch.ts';
import type { Connection } from './connection.ts';
import { closedError } from './errors.ts';
import { type EntrySettings, storeCommand } from './entries.ts';
import { MemcachedFenced } from './fenced.ts';
import { MAX_KEY_BYTES, wireKey } from './keys.ts';
import { deletePrefix } from './purge.ts';
import { EachReply, QuietDeletes, StatLines } from './replies.ts';
import type { Servers } from './servers.ts';
import { tierStats } from './stats.ts';

/** What an item takes besides its value: header, longest key, flags, line end. Rounded up. */
const ITEM_OVERHEAD_BYTES = 512;

/** What holds for every memcached, whatever it is asked through. */
export function capabilitiesOf(
  maxItemBytes: number,
  able: { readonly enumerates: boolean; readonly reportsTtl: boolean },
): TierCapabilities {
  return {
    ttlResolutionMs: 1000,
    reportsTtl: able.reportsTtl,
    maxKeyBytes: MAX_KEY_BYTES,
    maxValueBytes: maxItemBytes - ITEM_OVERHEAD_BYTES,
    enumerates: able.enumerates,
    shared: true,
    persistent: false,
  };
}

/**
 * Memcached through its meta commands. A call for a server that is down rejects; the key is not moved to another
 * server, where it would be found stale after the next change of the ring. A batch rejects when one of its servers fails.
 */
export class MemcachedTier implements Tier {
  readonly name: string;
  readonly capabilities: TierCapabilities;
  /** Absent when a server does without compare-and-swap. */
  readonly fenced?: FencedAccess;
  readonly #servers: Servers<Connection>;
  readonly #clock: Clock;
  readonly #entries: EntrySettings;
  readonly #deadlineMs: number;
  #closed = false;

  constructor(name: string, servers: Servers<Connection>, deadlineMs: number, clock: Clock) {
    this.name = name;
    this.#servers = servers;
    this.#deadlineMs = deadlineMs;
    this.#clock = clock;
    const smallest = Math.min(...servers.all.map(({ facts }) => facts.maxItemBytes));
    this.capabilities = capabilitiesOf(smallest, { enumerates: true, reportsTtl: true });
    this.#entries = { name, maxValueBytes: this.capabilities.maxValueBytes, clock };
    if (servers.all.every(({ facts }) => facts.casEnabled)) {
      this.fenced = new MemcachedFenced({ ...this.#entries, deadlineMs }, servers, (entries) =>
        this.setMany(entries),
      );
    }
  }

  async get(key: TierKey, options?: GetOptions): Promise<TierHit | undefined> {
    const { text, flag } = this.#wireKey(key);
    const connection = this.#servers.of(key);
    return options?.withTtl === true
      ? connection.request(`mg ${text} v t f${flag}\r\n`, undefined, connection.read.hitWithTtl)
      : connection.request(`mg ${text} v f${flag}\r\n`, undefined, connection.read.hit);
  }

  async getMany(keys: readonly TierKey[], options?: GetOptions): Promise<(TierHit | undefined)[]> {
    const wanted = keys.map((key) => ({ key, wire: this.#wireKey(key) }));
    const withTtl = options?.withTtl === true;
    const hits = Array.from<TierHit | undefined>({ length: keys.length });
    const asked = [...this.#servers.group(wanted, ({ key }) => key)].map(async ([connection, group]) => {
      const read = withTtl ? connection.read.hitWithTtl : connection.read.hit;
      const found = await connection.batch(
        (send) => {
          for (const { item } of group)
            send(`mg ${item.wire.text} v f${withTtl ? ' t' : ''}${item.wire.flag}\r\n`);
        },
        new EachReply(group.length, read),
      );
      for (const [i, { at }] of group.entries()) hits[at] = found[i];
    });
    await Promise.all(asked);
    return hits;
  }

  async set(key: TierKey, value: Uint8Array, ttlMs?: number): Promise<void> {
    const connection = this.#servers.of(key);
    const command = this.#storeCommand(connection, { key, value, ttlMs });
    const read = command.value === undefined ? connection.read.deleted : connection.read.stored;
    await connection.request<unknown>(command.line, command.value, read);
  }

  async setMany(entries: readonly TierEntry[]): Promise<void> {
    let refused: unknown;
    const sent = [...this.#servers.group(entries, ({ key }) => key)].map(([connection, group]) => {
      const commands: Command[] = [];
      for (const { item: entry } of group) {
        try {
          commands.push(this.#storeCommand(connection, entry));
        } catch (error) {
          refused ??= error;
        }
      }
      return askAll(connection, commands, (reply) => {
        if (reply.kind !== 'NF') connection.read.stored(reply);
      });
    });
    await Promise.all(sent);
    if (refused !== undefined) throw refused;
  }

  async delete(key: TierKey): Promise<boolean> {
    const { text, flag } = this.#wireKey(key);
    const connection = this.#servers.of(key);
    return connection.request(`md ${text}${flag}\r\n`, undefined, connection.read.deleted);
  }

  async deleteMany(keys: readonly TierKey[]): Promise<number> {
    const doomed = keys.map((key) => ({ key, wire: this.#wireKey(key) }));
    const counts = [...this.#servers.group(doomed, ({ key }) => key)].map(([connection, group]) =>
      connection.batch(
        (send) => {
          for (const { item } of group) send(`md ${item.wire.text} q${item.wire.flag}\r\n`);
          send('mn\r\n');
        },
        new QuietDeletes(connection.server, group.length),
      ),
    );
    return total(await Promise.all(counts));
  }

  async deletePrefix(prefix: string): Promise<number> {
    this.#checkOpen();
    const bytes = keyBytes(prefix);
    return total(
      await Promise.all(
        this.#servers.all.map((connection) => deletePrefix(connection, bytes, this.#deadlineMs, this.#clock)),
      ),
    );
  }

  async stats(): Promise<TierStats> {
    this.#checkOpen();
    return tierStats(
      await Promise.all(
        this.#servers.all.map((connection) => connection.batch((send) => send('stats\r\n'), new StatLines())),
      ),
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const connection of this.#servers.all) connection.close();
  }

  #wireKey(key: TierKey): ReturnType<typeof wireKey> {
    this.#checkOpen();
    return wireKey(this.name, key);
  }

  #storeCommand(connection: Connection, entry: TierEntry): Command {
    this.#checkOpen();
    return storeCommand(connection, entry, this.#entries);
  }

  #checkOpen(): void {
    if (this.#closed) throw closedError('tier');
  }
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
