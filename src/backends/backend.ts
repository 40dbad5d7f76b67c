import type { Bus, BusOptions } from './bus.ts';
import type { LeaseStore } from './lease.ts';
import type { Ledger } from './ledger.ts';
import type { Limiter } from './limiter.ts';
import type { Queue } from './queue.ts';
import type { Tier } from './tier.ts';

export type BackendKind = 'memory' | 'redis' | 'memcached' | 'database';

/** One product, connected: its tier, bus and lease store share the same connections. */
export interface Backend {
  readonly kind: BackendKind;
  /** Address for messages and reports; passwords are hidden. */
  readonly address: string;
  readonly tier: Tier;
  /** Opens the bus of a named channel; absent where the product has no publish and subscribe. */
  readonly openBus?: (channel: string, options?: BusOptions) => Bus;
  readonly lease: LeaseStore;
  /** Opens the ledger of a namespace; absent where the product cannot keep one. */
  readonly openLedger?: (namespace: string) => Ledger;
  /** Opens a named durable queue; absent where the product has none. */
  readonly openQueue?: (name: string) => Queue;
  readonly limiter?: Limiter;
  /** What answered: product, version and its memory limit. */
  describe(): Promise<ServerDescription>;
  close(): Promise<void>;
}

export interface ServerDescription {
  /** `redis`, `valkey`, `memcached`, `postgresql`, `sqlite`, `memory`. */
  readonly product: string;
  readonly version: string;
  /** Settings that decide a cache's behaviour, as the server names them (`maxmemory-policy`: `allkeys-lru`). */
  readonly settings: Readonly<Record<string, string>>;
}

/** Options that every networked backend takes. */
export interface ConnectionOptions {
  /** Bound on every call, in milliseconds. Default 1000. */
  readonly deadlineMs?: number | undefined;
  /** Bound on the first connection, in milliseconds. Default 3000. */
  readonly connectTimeoutMs?: number | undefined;
}

export const DEFAULT_DEADLINE_MS = 1000;
export const DEFAULT_CONNECT_TIMEOUT_MS = 3000;
