import { randomBytes } from 'node:crypto';
import { CachectlError } from '../../base/errors.ts';
import type { Audience, Notice } from '../bus.ts';
import type {
  Announced,
  FailureNote,
  FencedAccess,
  Fetched,
  FetchOptions,
  HeldLease,
  Invalidated,
  Lease,
  LeasedEntry,
  Settled,
} from '../fenced.ts';
import { checkValueSize, keyBytes } from '../keys.ts';
import type { TierEntry, TierKey } from '../tier-entry.ts';
import { audienceOf, publicationOf } from './bus.ts';
import type { CallArgument } from './call.ts';
import type { RedisConnection } from './connection.ts';
import {
  ACQUIRE,
  type Change,
  CLAIM,
  FAILED,
  FETCH,
  FETCH_MANY,
  FILL,
  GRANTED,
  HELD,
  INVALIDATE,
  NOTE,
  SETTLE,
  STORE,
} from './fenced-scripts.ts';
import { MissShare } from './miss-share.ts';
import { entryTime, leaseTime, RELEASE, RENEW, run, runText } from './scripts.ts';

/** Entries in one script call: a longer one would keep the server from its other clients. */
const ENTRIES_PER_CALL = 250;
/** Keys in one MGET, which takes a fraction of the time of a script. */
const KEYS_PER_LOOK = 1000;
/** Where a script takes 1.3 times as long as GET, looking first is cheaper until 0.3 / 1.3 of all look in vain. */
const LOOK_FIRST_BELOW = 0.2;
const MAX_VALUE_BYTES = 512 * 1024 * 1024;
const NO_EXPIRY = -1;

/** Fenced access by scripts, each of which the server carries out as one step. */
export class RedisFenced implements FencedAccess {
  readonly #connection: RedisConnection;
  readonly #name: string;
  readonly #misses = new MissShare();
  readonly #origin = randomBytes(9).toString('base64url');
  #tokens = 0;
  #closed = false;

  /** @param name the tier's, for messages */
  constructor(connection: RedisConnection, name: string) {
    this.#connection = connection;
    this.#name = name;
  }

  async fetch(key: string, leaseMs: number, options?: FetchOptions): Promise<Fetched> {
    this.#checkOpen();
    if (!this.#looksFirst(options)) {
      const one = await this.#fetchOrAsk(key, leaseMs);
      this.#misses.note(one.state === 'hit' ? 0 : 1, 1);
      return one;
    }
    const value = await this.#connection.send('get', [key]);
    this.#misses.note(value === null ? 1 : 0, 1);
    return value === null ? this.#fetchOrAsk(key, leaseMs) : { state: 'hit', hit: { value } };
  }

  async fetchMany(keys: readonly string[], leaseMs: number, options?: FetchOptions): Promise<Fetched[]> {
    this.#checkOpen();
    if (!this.#looksFirst(options)) {
      const all = await this.#fetchOrAskMany(keys, leaseMs);
      this.#misses.note(all.filter(({ state }) => state !== 'hit').length, keys.length);
      return all;
    }
    const values = await this.#valuesOf(keys);
    const missing = keys.filter((_, i) => values[i] === null);
    this.#misses.note(missing.length, keys.length);
    const asked = missing.length === 0 ? [] : await this.#fetchOrAskMany(missing, leaseMs);
    let next = 0;
    return values.map((value) =>
      value === null ? (asked[next++] as Fetched) : { state: 'hit', hit: { value } },
    );
  }

  /** A plain look is a quarter cheaper than a script that may grant a lease: it pays as long as few look in vain. */
  #looksFirst({ withTtl = true }: FetchOptions = {}): boolean {
    return !withTtl && this.#misses.value < LOOK_FIRST_BELOW;
  }

  async #valuesOf(keys: readonly string[]): Promise<readonly (Buffer | null)[]> {
    const replies = await Promise.all(
      chunks(keys, KEYS_PER_LOOK).map((chunk) => this.#connection.send('mget', [...chunk])),
    );
    return replies.length === 1 ? (replies[0] ?? []) : replies.flat();
  }

  async #fetchOrAsk(key: string, leaseMs: number): Promise<Fetched> {
    const token = this.#newToken();
    const reply = await run(this.#connection, FETCH, [key], [leaseTime(leaseMs), token]);
    const [value, state] = reply as [Buffer | null, number];
    return fetched(value, state, token);
  }

  async #fetchOrAskMany(keys: readonly string[], leaseMs: number): Promise<Fetched[]> {
    const token = this.#newToken();
    const args = [leaseTime(leaseMs), token];
    const replies = await Promise.all(
      chunks(keys).map((chunk) => run(this.#connection, FETCH_MANY, chunk, args)),
    );
    return replies.flatMap((reply) => {
      const answers = reply as (Buffer | null | number)[];
      const n = answers.length / 2;
      return Array.from({ length: n }, (_, i) =>
        fetched(answers[i] as Buffer | null, answers[n + i] as number, token),
      );
    });
  }

  async acquire(key: string, leaseMs: number): Promise<Lease> {
    this.#checkOpen();
    const token = this.#newToken();
    const reply = await run(this.#connection, ACQUIRE, [leaseKey(key)], [leaseTime(leaseMs), token]);
    const [message, state] = reply as [Buffer | null, number];
    return lease(message, state, token);
  }

  async fill(entries: readonly LeasedEntry[]): Promise<boolean[]> {
    this.#checkOpen();
    const all = chunks(entries);
    const replies = await Promise.all(
      all.map((chunk) => run(this.#connection, FILL, keysOf(chunk, keyOf), this.#leased(chunk))),
    );
    return replies.flatMap((reply) => (reply as number[]).map(isOne));
  }

  async renew(key: string, token: string, leaseMs: number): Promise<string | undefined> {
    this.#checkOpen();
    const reply = await run(this.#connection, RENEW, [leaseKey(key)], [token, leaseTime(leaseMs)]);
    return reply === 1 ? token : undefined;
  }

  async release(leases: readonly HeldLease[], failure?: FailureNote): Promise<void> {
    this.#checkOpen();
    const note =
      failure === undefined || failure.forMs <= 0 ? [] : [NOTE + failure.message, leaseTime(failure.forMs)];
    await Promise.all(
      chunks(leases).map((chunk) =>
        run(
          this.#connection,
          RELEASE,
          chunk.map(({ key }) => leaseKey(key)),
          [...chunk.map(({ token }) => token), ...note],
        ),
      ),
    );
  }

  async invalidate(keys: readonly string[], notice?: Notice): Promise<Invalidated> {
    const [removed, audience] = await this.#change<number, string>(INVALIDATE, keys, asKey, () => [], notice);
    return { removed: removed.reduce((sum, count) => sum + count, 0), audience };
  }

  async store(entries: readonly TierEntry[], notice?: Notice): Promise<Announced> {
    const argsOf = (chunk: readonly TierEntry[]): CallArgument[] => this.#stored(chunk);
    const [, audience] = await this.#change<number, TierEntry>(STORE, entries, keyOf, argsOf, notice);
    return { audience };
  }

  async claim(keys: readonly string[], leaseMs: number): Promise<HeldLease[]> {
    this.#checkOpen();
    const token = this.#newToken();
    const args = [leaseTime(leaseMs), token];
    await Promise.all(chunks(keys).map((chunk) => run(this.#connection, CLAIM, keysOf(chunk, asKey), args)));
    return keys.map((key) => ({ key, token }));
  }

  async settle(entries: readonly LeasedEntry[], notice?: Notice): Promise<Settled> {
    const argsOf = (chunk: readonly LeasedEntry[]): CallArgument[] => this.#leased(chunk);
    const [stored, audience] = await this.#change<number[], LeasedEntry>(
      SETTLE,
      entries,
      keyOf,
      argsOf,
      notice,
    );
    return { stored: stored.flat().map(isOne), audience };
  }

  close(): void {
    this.#closed = true;
  }

  /** All calls leave in one write, and are carried out in order; the notice goes with the last. */
  async #change<Answer, Item>(
    { alone, told }: Change,
    items: readonly Item[],
    key: (item: Item) => TierKey,
    argsOf: (chunk: readonly Item[]) => CallArgument[],
    notice: Notice | undefined,
  ): Promise<[Answer[], Audience | undefined]> {
    this.#checkOpen();
    const all = chunks(items);
    const call = all.length > 1 ? runText : run;
    const publication = publicationOf(notice, this.#connection);
    const calls = all.map((chunk, i) => {
      const keys = keysOf(chunk, key);
      const args = argsOf(chunk);
      if (publication === undefined || i < all.length - 1) return call(this.#connection, alone, keys, args);
      keys.push(...publication.keys);
      args.push(...publication.args);
      return call(this.#connection, told, keys, args);
    });
    const replies = (await Promise.all(calls)) as [Answer, unknown?][];
    return [replies.map(([answer]) => answer), audienceOf(replies.at(-1)?.[1])];
  }

  #stored(entries: readonly TierEntry[]): CallArgument[] {
    const args: CallArgument[] = [];
    for (const entry of entries) this.#put(args, entry);
    return args;
  }

  #leased(entries: readonly LeasedEntry[]): CallArgument[] {
    const args: CallArgument[] = [];
    for (const entry of entries) {
      args.push(entry.token);
      this.#put(args, entry);
    }
    return args;
  }

  #put(args: CallArgument[], { key, value, ttlMs }: TierEntry): void {
    checkValueSize(this.#name, key, value.byteLength, MAX_VALUE_BYTES);
    args.push(timeToLive(ttlMs), keyBytes(value));
  }

  /** Unique by its random beginning; it never begins as a note of failure does. */
  #newToken(): string {
    return this.#origin + (this.#tokens++).toString(36);
  }

  #checkOpen(): void {
    if (this.#closed) throw new CachectlError('CLOSED', `${this.#name}: the tier is closed`);
  }
}

const keyOf = ({ key }: { readonly key: TierKey }): TierKey => key;

const asKey = (key: string): TierKey => key;
const isOne = (reply: number): boolean => reply === 1;

/** The keys of entries, then of their leases. */
function keysOf<Item>(items: readonly Item[], key: (item: Item) => TierKey): CallArgument[] {
  const entries: CallArgument[] = [];
  const leases: CallArgument[] = [];
  for (const item of items) {
    const name = key(item);
    const entry = typeof name === 'string' ? name : keyBytes(name);
    entries.push(entry);
    leases.push(leaseKey(entry));
  }
  return entries.concat(leases);
}

function timeToLive(ttlMs: number | undefined): CallArgument {
  if (ttlMs === undefined) return '';
  return ttlMs <= 0 ? 0 : entryTime(ttlMs);
}

/** In the same slot of a Cluster as the key, which holds no braces. */
function leaseKey(key: string | Buffer): CallArgument {
  return typeof key === 'string'
    ? `{${key}}~lease`
    : Buffer.concat([Buffer.from('{'), key, Buffer.from('}~lease')]);
}

function fetched(value: Buffer | null, state: number, token: string): Fetched {
  if (value === null || state <= FAILED) return lease(value, state, token);
  return { state: 'hit', hit: { value, ttlMs: state === NO_EXPIRY ? undefined : Math.max(0, state) } };
}

function lease(message: Buffer | null, state: number, token: string): Lease {
  if (state === GRANTED) return { state: 'granted', token };
  if (state === HELD || message === null) return { state: 'held' };
  return { state: 'failed', message: message.toString(), forMs: FAILED - state };
}

function chunks<Item>(items: readonly Item[], size = ENTRIES_PER_CALL): readonly (readonly Item[])[] {
  if (items.length <= size) return items.length === 0 ? [] : [items];
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, i) => items.slice(i * size, (i + 1) * size));
}
