import type { Clock } from '../../base/clock.ts';
import { CachectlError } from '../../base/errors.ts';
import { checkKeySize, checkValueSize, keyBytes } from '../keys.ts';
import type { Tier, TierCapabilities, TierStats } from '../tier.ts';
import type { TierEntry, TierHit, TierKey } from '../tier-entry.ts';
import { closedError } from './errors.ts';
import { entryExpiry } from './expiry.ts';
import type { ServerFacts } from './greeting.ts';
import { MAX_KEY_BYTES } from './keys.ts';
import type { MemjsClient } from './memjs-client.ts';
import type { Servers } from './servers.ts';
import { tierStats } from './stats.ts';
import { capabilitiesOf } from './tier.ts';

/** memjs takes keys as bytes, as long as it has one server; its published types know only strings. */
declare module 'memjs' {
  interface Client<TIn, TOut> {
    get(key: Buffer): Promise<{ value: TOut; flags: Buffer | null }>;
    set(key: Buffer, value: TIn, options?: { readonly expires?: number }): Promise<boolean>;
    delete(key: Buffer): Promise<boolean>;
  }
}

/** One server, reached by memjs, and what it told when it was first reached. */
export interface MemjsServer {
  readonly client: MemjsClient;
  readonly facts: ServerFacts;
}

/**
 * Memcached through memjs and the binary protocol, which SASL servers insist on. It can neither list keys nor
 * read the time to live.
 */
export class MemjsTier implements Tier {
  readonly name: string;
  readonly capabilities: TierCapabilities;
  readonly #servers: Servers<MemjsServer>;
  readonly #clock: Clock;
  #closed = false;

  constructor(name: string, servers: Servers<MemjsServer>, clock: Clock) {
    this.name = name;
    this.#servers = servers;
    this.#clock = clock;
    const smallest = Math.min(...servers.all.map(({ facts }) => facts.maxItemBytes));
    this.capabilities = capabilitiesOf(smallest, { enumerates: false, reportsTtl: false });
  }

  async get(key: TierKey): Promise<TierHit | undefined> {
    const bytes = this.#checkedKey(key);
    const { value } = await this.#servers.of(key).client.call((client) => client.get(bytes));
    // A copy: memjs gives a view of all that came in one read.
    return value === null ? undefined : { value: Buffer.from(value) };
  }

  async getMany(keys: readonly TierKey[]): Promise<(TierHit | undefined)[]> {
    for (const key of keys) this.#checkedKey(key);
    return Promise.all(keys.map((key) => this.get(key)));
  }

  async set(key: TierKey, value: Uint8Array, ttlMs?: number): Promise<void> {
    const bytes = this.#checkedKey(key);
    checkValueSize(this.name, key, value.byteLength, this.capabilities.maxValueBytes);
    if (ttlMs !== undefined && ttlMs <= 0) {
      await this.delete(key);
      return;
    }
    const { client, facts } = this.#servers.of(key);
    const expires = entryExpiry(ttlMs, facts.unixTimeOffsetMs, this.#clock);
    const data = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    await client.call((memjs) => memjs.set(bytes, data, { expires }));
  }

  async setMany(entries: readonly TierEntry[]): Promise<void> {
    await Promise.all(entries.map(({ key, value, ttlMs }) => this.set(key, value, ttlMs)));
  }

  async delete(key: TierKey): Promise<boolean> {
    const bytes = this.#checkedKey(key);
    return this.#servers.of(key).client.call((client) => client.delete(bytes));
  }

  async deleteMany(keys: readonly TierKey[]): Promise<number> {
    for (const key of keys) this.#checkedKey(key);
    const deleted = await Promise.all(keys.map((key) => this.delete(key)));
    return deleted.filter(Boolean).length;
  }

  async deletePrefix(): Promise<number> {
    this.#checkOpen();
    throw new CachectlError('NOT_SUPPORTED', `${this.name}: keys cannot be listed over the binary protocol`, {
      hint: 'purge by key, or reach the server without SASL',
    });
  }

  async stats(): Promise<TierStats> {
    this.#checkOpen();
    return tierStats(await Promise.all(this.#servers.all.map(({ client }) => client.stats(''))));
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { client } of this.#servers.all) client.close();
  }

  #checkedKey(key: TierKey): Buffer {
    this.#checkOpen();
    const bytes = keyBytes(key);
    checkKeySize(this.name, key, bytes.length, MAX_KEY_BYTES);
    return bytes;
  }

  #checkOpen(): void {
    if (this.#closed) throw closedError('tier');
  }
}
