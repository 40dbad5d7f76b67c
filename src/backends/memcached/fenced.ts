import { settleWithin } from '../../base/deadline.ts';
import type {
  Announced,
  FailureNote,
  FencedAccess,
  Fetched,
  HeldLease,
  Invalidated,
  Lease,
  LeasedEntry,
  Settled,
} from '../fenced.ts';
import type { TierEntry } from '../tier-entry.ts';
import { askAll, type Command } from './batch.ts';
import type { Connection } from './connection.ts';
import { deadlineExceeded, noRoom } from './errors.ts';
import { type EntrySettings, storeCommand } from './entries.ts';
import { leaseExpiry } from './expiry.ts';
import { casOf, type FenceToken, formatToken, parseToken, VOID } from './fence-token.ts';
import { AS_LEASE, AS_NOTE, failedLease, itemKind, NO_VALUE, noteText } from './items.ts';
import { wireKey } from './keys.ts';
import { electRefresher, endRefresh, recordKey, renewRefresh } from './refresh.ts';
import type { Reply } from './reply.ts';
import type { Servers } from './servers.ts';

/** Memcached publishes nothing. */
const NOBODY_TOLD: Announced = { audience: undefined };

export interface FencedSettings extends EntrySettings {
  readonly deadlineMs: number;
}

interface HeldEntry {
  readonly entry: LeasedEntry;
  readonly token: FenceToken;
}

/**
 * Leases by compare-and-swap on the key itself. A read of nothing (`mg … N`) makes a stub, and its number is the
 * token; `ms … C` fills only while that very stub is there. Every change gives another number and so voids the token;
 * a stub that expired, was deleted, evicted or flushed is not there. A lease is kept in whole seconds: it never
 * ends before its time and up to 2 s after it.
 */
export class MemcachedFenced implements FencedAccess {
  readonly #settings: FencedSettings;
  readonly #servers: Servers<Connection>;
  readonly #setMany: (entries: readonly TierEntry[]) => Promise<void>;

  /** @param setMany of the tier: an unconditional `ms` or `md` gives a new number, or takes the item away */
  constructor(
    settings: FencedSettings,
    servers: Servers<Connection>,
    setMany: (entries: readonly TierEntry[]) => Promise<void>,
  ) {
    this.#settings = settings;
    this.#servers = servers;
    this.#setMany = setMany;
  }

  async fetch(key: string, leaseMs: number): Promise<Fetched> {
    const connection = this.#servers.of(key);
    return connection.request(this.#fetchLine(key, leaseMs), undefined, (reply) =>
      readFetched(connection, reply),
    );
  }

  async fetchMany(keys: readonly string[], leaseMs: number): Promise<Fetched[]> {
    const granted: HeldLease[] = [];
    try {
      return await this.#servers.map(keys, itself, async (connection, mine) => {
        const commands = mine.map((key) => ({ line: this.#fetchLine(key, leaseMs) }));
        let next = 0;
        return askAll(connection, commands, (reply) => {
          const key = mine[next++] ?? '';
          const fetched = readFetched(connection, reply);
          if (fetched.state === 'granted') granted.push({ key, token: fetched.token });
          return fetched;
        });
      });
    } catch (error) {
      // Nobody will ever know these tokens: others would wait for them in vain.
      this.release(granted).catch(() => {});
      throw error;
    }
  }

  async acquire(key: string, leaseMs: number): Promise<Lease> {
    const connection = this.#servers.of(key);
    return this.#inTime(connection, electRefresher(connection, key, leaseMs));
  }

  fill(entries: readonly LeasedEntry[]): Promise<boolean[]> {
    return this.#servers.map(entries, keyOf, (connection, mine) =>
      this.#inTime(connection, this.#fill(connection, mine)),
    );
  }

  async renew(key: string, token: string, leaseMs: number): Promise<string | undefined> {
    const connection = this.#servers.of(key);
    const { cas, record } = parseToken(token, connection);
    if (record !== undefined) return renewRefresh(connection, key, { cas, record }, leaseMs);
    return connection.request(this.#stubLine(key, leaseMs, ` C${cas}`), NO_VALUE, (reply) =>
      connection.read.done(reply) ? tokenOf(connection, reply) : undefined,
    );
  }

  async release(leases: readonly HeldLease[], failure?: FailureNote): Promise<void> {
    const note = failure === undefined || failure.forMs <= 0 ? undefined : failure;
    await this.#servers.map(leases, keyOf, (connection, mine) => {
      const commands = mine.map((lease) => this.#releaseCommand(connection, lease, note));
      return askAll(connection, commands, connection.read.done);
    });
  }

  async invalidate(keys: readonly string[]): Promise<Invalidated> {
    const removed = await this.#servers.map(keys, itself, async (connection, mine) => {
      const wire = mine.map((key) => wireKey(this.#settings.name, key));
      const [items, deleted] = await Promise.all([
        askAll(
          connection,
          wire.map(({ text, flag }) => ({ line: `mg ${text} f s${flag}\r\n` })),
          (reply) => itemKind(connection.read.item(reply)),
        ),
        askAll(
          connection,
          wire.map(({ text, flag }) => ({ line: `md ${text}${flag}\r\n` })),
          connection.read.deleted,
        ),
      ]);
      return deleted.map((gone, i) => gone && items[i] === 'entry');
    });
    return { ...NOBODY_TOLD, removed: removed.filter(Boolean).length };
  }

  async store(entries: readonly TierEntry[]): Promise<Announced> {
    await this.#setMany(entries);
    return NOBODY_TOLD;
  }

  claim(keys: readonly string[], leaseMs: number): Promise<HeldLease[]> {
    return this.#servers.map(keys, itself, async (connection, mine) => {
      const commands = mine.map((key) => ({ line: this.#stubLine(key, leaseMs, ''), value: NO_VALUE }));
      const tokens = await askAll(connection, commands, (reply) => {
        connection.read.stored(reply);
        return tokenOf(connection, reply);
      });
      return mine.map((key, i) => ({ key, token: tokens[i] ?? '' }));
    });
  }

  async settle(entries: readonly LeasedEntry[]): Promise<Settled> {
    const stored = await this.#servers.map(entries, keyOf, (connection, mine) =>
      this.#inTime(connection, this.#settle(connection, mine)),
    );
    return { ...NOBODY_TOLD, stored };
  }

  async #fill(connection: Connection, entries: readonly LeasedEntry[]): Promise<boolean[]> {
    const held = await this.#held(connection, entries);
    const { commands, refused } = this.#storeCommands(connection, held, (lease) =>
      this.#releaseCommand(connection, lease),
    );
    const ends = held.flatMap(({ entry, token }) =>
      token.record === undefined ? [] : [endRefresh(entry.key, token)],
    );
    const done = await askAll(connection, [...commands, ...ends], connection.read.done);
    if (refused !== undefined) throw refused;
    return done.slice(0, entries.length);
  }

  async #settle(connection: Connection, entries: readonly LeasedEntry[]): Promise<boolean[]> {
    const drop = ({ key }: HeldLease): Command => {
      const { text, flag } = wireKey(this.#settings.name, key);
      return { line: `md ${text}${flag}\r\n` };
    };
    const held = await this.#held(connection, entries);
    const { commands, refused } = this.#storeCommands(connection, held, drop);
    const done = await askAll(connection, commands, connection.read.done);
    const interfered = entries.filter((_, i) => done[i] === false);
    await askAll(connection, interfered.map(drop), connection.read.deleted);
    if (refused !== undefined) throw refused;
    return done;
  }

  /**
   * What each lease rests on. One on an entry is void without its record, which takes a round trip to see; what
   * happens to the entry after that, the condition of the command sees.
   */
  async #held(connection: Connection, entries: readonly LeasedEntry[]): Promise<readonly HeldEntry[]> {
    const refreshes = entries.filter(({ token }) => parseToken(token, connection).record !== undefined);
    const commands = refreshes.map(({ key }) => {
      const { text, flag } = recordKey(key);
      return { line: `mg ${text} c${flag}\r\n` };
    });
    const records = await askAll(connection, commands, (reply) => connection.read.item(reply).cas);
    const recordOf = new Map(refreshes.map((entry, i) => [entry, records[i]]));
    return entries.map((entry) => {
      const token = parseToken(entry.token, connection);
      const lost = token.record !== undefined && token.record !== recordOf.get(entry);
      return { entry, token: lost ? VOID : token };
    });
  }

  /**
   * Commands that store each entry while its lease is held. Where one cannot be stored at all, `instead` is what
   * happens to it, and the error is for the call to reject with after the others were stored.
   */
  #storeCommands(
    connection: Connection,
    held: readonly HeldEntry[],
    instead: (entry: LeasedEntry) => Command,
  ): { readonly commands: readonly Command[]; readonly refused: unknown } {
    let refused: unknown;
    const commands = held.map(({ entry, token }) => {
      try {
        return storeCommand(connection, entry, this.#settings, ` C${token.cas}`);
      } catch (error) {
        refused ??= error;
        return instead(entry);
      }
    });
    return { commands, refused };
  }

  #fetchLine(key: string, leaseMs: number): string {
    const { text, flag } = wireKey(this.#settings.name, key);
    return `mg ${text} N${leaseExpiry(leaseMs)} c f t v${flag}\r\n`;
  }

  /** Makes a stub that lasts, or what is there into one; its number comes with the reply. */
  #stubLine(key: string, leaseMs: number, condition: string): string {
    const { text, flag } = wireKey(this.#settings.name, key);
    return `ms ${text} 0${condition} T${leaseExpiry(leaseMs)}${AS_LEASE} c${flag}\r\n`;
  }

  #releaseCommand(connection: Connection, { key, token }: HeldLease, failure?: FailureNote): Command {
    const held = parseToken(token, connection);
    if (held.record !== undefined) return endRefresh(key, held, failure);
    const { text, flag } = wireKey(this.#settings.name, key);
    if (failure === undefined) return { line: `md ${text} C${held.cas}${flag}\r\n` };
    const value = Buffer.from(noteText(failure));
    const expiry = ` T${leaseExpiry(failure.forMs)}`;
    return { line: `ms ${text} ${value.length} C${held.cas}${expiry}${AS_NOTE}${flag}\r\n`, value };
  }

  /** For work of several steps, each of which has the deadline to itself. */
  #inTime<T>(connection: Connection, work: Promise<T>): Promise<T> {
    const { deadlineMs, clock } = this.#settings;
    return settleWithin(work, deadlineMs, () => deadlineExceeded(connection.server, deadlineMs), clock);
  }
}

const itself = (key: string): string => key;
const keyOf = ({ key }: HeldLease): string => key;

function tokenOf(connection: Connection, reply: Reply): string {
  const cas = casOf(connection, reply);
  return formatToken({ cas, record: undefined }, connection.facts.incarnation);
}

function readFetched(connection: Connection, reply: Reply): Fetched {
  if (reply.kind === 'EN') throw noRoom(connection.server);
  if (reply.turn === 'won') return { state: 'granted', token: tokenOf(connection, reply) };
  const hit = connection.read.hitWithTtl(reply);
  if (hit !== undefined) return { state: 'hit', hit };
  return itemKind(reply) === 'note'
    ? failedLease(reply.value?.toString() ?? '', reply.ttlSeconds)
    : { state: 'held' };
}
