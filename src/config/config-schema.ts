import { z } from 'zod';
import { DEFAULT_CONNECT_TIMEOUT_MS, DEFAULT_DEADLINE_MS } from '../backends/backend.ts';
import { duration, identifier, line } from './fields.ts';
import { policiesSchema, resolvePolicies } from './policy.ts';
import type { PolicySettings } from './scenario.ts';
import { l1Schema, ttlField } from './tiers-schema.ts';

/** Servers of one environment and how to treat them. Addresses are not yet checked. */
export interface Profile {
  readonly redis: string | undefined;
  readonly memcached: string | undefined;
  readonly database: string | undefined;
  /** Changes need `--confirm` with the profile's name. */
  readonly protected: boolean;
  /** Changes are refused. */
  readonly readonly: boolean;
  readonly deadlineMs: number;
  readonly connectTimeoutMs: number;
}

/** How the tiers of given servers are used. Times in milliseconds. */
export interface CacheTiers {
  readonly l1: { readonly maxEntries: number; readonly maxBytes: number; readonly ttlMs: number };
  readonly redis: { readonly ttlMs: number };
  readonly memcached: { readonly ttlMs: number };
  readonly database: { readonly ttlMs: number };
}

/** `cachectl.yaml`, checked and with its defaults. */
export interface ConfigData {
  readonly defaultProfile: string;
  readonly profiles: ReadonlyMap<string, Profile>;
  readonly tiers: CacheTiers;
  readonly policies: readonly PolicySettings[];
}

export const CONFIG_SCHEMA_VERSION = 'cachectl.config/1';

/** The profile that is used where none is named. */
export const DEFAULT_PROFILE = 'default';

const NAME = /^[a-z0-9][a-z0-9_-]*$/;
const name = identifier('a name of a-z, 0-9, - and _', NAME);

const profile = z
  .strictObject({
    redis: line('an address of Redis', 2000)
      .optional()
      .describe('redis://, rediss:// (TLS) or redis+unix://.'),
    memcached: line('addresses of Memcached', 4000)
      .optional()
      .describe('host:port[,host:port…] or unix:/path.'),
    database: line('an address of a database', 2000).optional().describe('postgres:// or sqlite:/path.'),
    protected: z
      .boolean()
      .prefault(false)
      .describe("Whether changes need the profile's name as confirmation. For production."),
    readonly: z.boolean().prefault(false).describe('Whether changes are refused.'),
    deadline: duration('1ms', '10m')
      .prefault(`${DEFAULT_DEADLINE_MS}ms`)
      .describe('Bound on every call to a server.'),
    connect_timeout: duration('1ms', '10m')
      .prefault(`${DEFAULT_CONNECT_TIMEOUT_MS}ms`)
      .describe('Bound on the first connection to a server.'),
  })
  .transform((section) => ({
    redis: section.redis,
    memcached: section.memcached,
    database: section.database,
    protected: section.protected,
    readonly: section.readonly,
    deadlineMs: section.deadline,
    connectTimeoutMs: section.connect_timeout,
  }));

const sharedTier = (label: string, ttl: string): z.ZodPrefault<z.ZodType<{ ttlMs: number }, object>> =>
  z
    .strictObject({ ttl: ttlField(ttl) })
    .transform((section) => ({ ttlMs: section.ttl }))
    .prefault({})
    .describe(`The tier in ${label}.`);

const tiers = z
  .strictObject({
    l1: l1Schema({ maxEntries: 100_000, maxSize: '64MiB' }),
    redis: sharedTier('Redis', '15m'),
    memcached: sharedTier('Memcached', '15m'),
    database: sharedTier('a table of the SQL database', '1h'),
  })
  .prefault({})
  .describe('How each tier is used. A policy may set another time to live.');

/** The form of `cachectl.yaml`. */
export const configSchema: z.ZodType<ConfigData> = z
  .strictObject({
    schema: z
      .literal(CONFIG_SCHEMA_VERSION)
      .prefault(CONFIG_SCHEMA_VERSION)
      .describe('Form and version of this file.'),
    default_profile: name
      .prefault(DEFAULT_PROFILE)
      .describe('Profile that is used where neither --profile nor CACHECTL_PROFILE names one.'),
    profiles: z.record(name, profile).prefault({}).describe('Environments by name: their servers.'),
    tiers,
    policies: policiesSchema,
  })
  .transform((section) => ({
    defaultProfile: section.default_profile,
    profiles: new Map(Object.entries(section.profiles)),
    tiers: section.tiers,
    policies: resolvePolicies(section.policies, section.tiers),
  }));

/** What counts where there is no file, or a file without profiles. */
export const DEFAULT_CONFIG: ConfigData = configSchema.parse({});

export const DEFAULT_PROFILE_SETTINGS: Profile = profile.parse({});
