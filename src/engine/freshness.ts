import { CachectlError } from '../base/errors.ts';
import { durationMs, type Freshness } from './options.ts';

/** {@link Freshness} in milliseconds, with all defaults in place. */
export interface FreshnessMs {
  readonly jitter: number;
  readonly earlyRefresh: number;
  readonly revalidateMs: number;
  readonly ifErrorMs: number;
  readonly throttleMs: number;
  readonly backoffMs: number;
  readonly softTimeoutMs: number;
  readonly hardTimeoutMs: number;
  /** Undefined: as any value's. */
  readonly negativeTtlMs: number | undefined;
}

const DEFAULTS: FreshnessMs = {
  jitter: 0,
  earlyRefresh: 0,
  revalidateMs: 0,
  ifErrorMs: 0,
  throttleMs: 1000,
  backoffMs: 1000,
  softTimeoutMs: Infinity,
  hardTimeoutMs: 30_000,
  negativeTtlMs: undefined,
};

/** @throws CachectlError `BAD_USAGE`, its message beginning with `what` */
export function resolveFreshness(given: Freshness, what: string, base: FreshnessMs = DEFAULTS): FreshnessMs {
  const ms = <Key extends keyof Freshness>(name: Key, otherwise: number): number => {
    const value = given[name];
    return value === undefined ? otherwise : durationMs(value, `${what}${name}`);
  };
  return {
    jitter: share(given.jitter ?? base.jitter, `${what}jitter`),
    earlyRefresh: notNegative(given.earlyRefresh ?? base.earlyRefresh, `${what}earlyRefresh`),
    revalidateMs: ms('staleWhileRevalidate', base.revalidateMs),
    ifErrorMs: ms('staleIfError', base.ifErrorMs),
    throttleMs: ms('throttle', base.throttleMs),
    backoffMs: ms('failureBackoff', base.backoffMs),
    softTimeoutMs: ms('softTimeout', base.softTimeoutMs),
    hardTimeoutMs: ms('hardTimeout', base.hardTimeoutMs),
    negativeTtlMs:
      given.negativeTtl === undefined
        ? base.negativeTtlMs
        : durationMs(given.negativeTtl, `${what}negativeTtl`),
  };
}

/** How long an entry is kept after it expired. */
export function graceOf({ revalidateMs, ifErrorMs }: FreshnessMs): number {
  return Math.max(revalidateMs, ifErrorMs);
}

const NAMES: readonly (keyof Freshness)[] = [
  'jitter',
  'earlyRefresh',
  'staleWhileRevalidate',
  'staleIfError',
  'throttle',
  'failureBackoff',
  'softTimeout',
  'hardTimeout',
  'negativeTtl',
];

/** Whether the caller said anything of it: most do not, and are spared resolving it. */
export function speaksOfFreshness(given: Freshness): boolean {
  return NAMES.some((name) => given[name] !== undefined);
}

function share(value: number, what: string): number {
  if (value >= 0 && value <= 1) return value;
  throw new CachectlError('BAD_USAGE', `${what}: ${value} is not a share from 0 to 1`);
}

function notNegative(value: number, what: string): number {
  if (value >= 0) return value;
  throw new CachectlError('BAD_USAGE', `${what}: ${value} is not a number of at least 0`);
}
