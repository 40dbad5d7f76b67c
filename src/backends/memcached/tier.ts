import type { Clock } from '../../base/clock.ts';
import { checkValueSize, keyBytes } from '../keys.ts';
import type { GetOptions, Tier, TierCapabilities, TierEntry, TierHit, TierKey, TierStats } from '../tier.ts';
import type { Connection } from './connection.ts';
import { closedError } from './errors.ts';
import { entryExpiry } from './expiry.ts';
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
  readonly #servers: Servers<Connection>;
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  #closed = false;

  constructor(name: string, servers: Servers<Connection>, deadlineMs: number, clock: Clock) {
    this.name = name;
    this.#servers = servers;
    this.#deadlineMs = deadlineMs;
    this.#clock = clock;
    const smallest = Math.min(...servers.all.map(({ facts }) => facts.maxItemBytes));
    this.capabilities = capabilitiesOf(smallest, { enumerates: true, reportsTtl: true });
  }

  async get(key: TierKey, options?: GetOptions): Promise<TierHit | undefined> {
    const { text, flag } = this.#wireKey(key);
    const connection = this.#servers.of(key);
    return options?.withTtl === true
      ? connection.request(`mg ${text} v t${flag}\r\n`, undefined, connection.read.hitWithTtl)
      : connection.request(`mg ${text} v${flag}\r\n`, undefined, connection.read.hit);
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
            send(`mg ${item.wire.text} v${withTtl ? ' t' : ''}${item.wire.flag}\r\n`);
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
    if (isGone(ttlMs)) await connection.request(command, undefined, connection.read.deleted);
    else await connection.request(command, value, connection.read.stored);
  }

  async setMany(entries: readonly TierEntry[]): Promise<void> {
    let refused: unknown;
    const sent = [...this.#servers.group(entries, ({ key }) => key)].map(([connection, group]) => {
      const commands: { command: string; entry: TierEntry }[] = [];
      for (const { item: entry } of group) {
        try {
          commands.push({ command: this.#storeCommand(connection, entry), entry });
        } catch (error) {
          refused ??= error;
        }
      }
      if (commands.length === 0) return Promise.resolve([]);
      return connection.batch(
        (send) => {
          for (const { command, entry } of commands)
            send(command, isGone(entry.ttlMs) ? undefined : entry.value);
        },
        new EachReply(commands.length, (reply) => {
          if (reply.kind !== 'NF') connection.read.stored(reply);
        }),
      );
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

  #storeCommand(connection: Connection, { key, value, ttlMs }: TierEntry): string {
    const { text, flag } = this.#wireKey(key);
    if (isGone(ttlMs)) return `md ${text}${flag}\r\n`;
    checkValueSize(this.name, key, value.byteLength, this.capabilities.maxValueBytes);
    if (ttlMs === undefined) return `ms ${text} ${value.byteLength}${flag}\r\n`;
    const expiry = entryExpiry(ttlMs, connection.facts.unixTimeOffsetMs, this.#clock);
    return `ms ${text} ${value.byteLength} T${expiry}${flag}\r\n`;
  }

  #checkOpen(): void {
    if (this.#closed) throw closedError('tier');
  }
}

function isGone(ttlMs: number | undefined): boolean {
  return ttlMs !== undefined && ttlMs <= 0;
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
