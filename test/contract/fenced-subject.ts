import type { Bus } from '../../src/backends/bus.ts';
import type { Fetched, FencedAccess } from '../../src/backends/fenced.ts';
import type { Tier } from '../../src/backends/tier.ts';
import type { ServerFaults } from './tier-contract.ts';

export interface FencedUnderTest {
  /** Two tiers over one server, as two processes have them. */
  readonly near: Tier;
  readonly far: Tier;
  readonly deadlineMs: number;
  /** Lets time pass on the server: moves a fake clock, or waits. */
  pass(ms: number): Promise<void>;
  /** Buses of the two processes on the same server, with which notices are published in one step; or why not. */
  readonly buses: { readonly near: Bus; readonly far: Bus } | string;
  readonly faults: ServerFaults | string;
  dispose(): Promise<void>;
}

export const LONG_MS = 60_000;
export const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
/** The value of a hit, or the state of what is none. */
export const textOf = (fetched: Fetched | undefined): string =>
  fetched?.state === 'hit' ? Buffer.from(fetched.hit.value).toString() : (fetched?.state ?? 'nothing');

export function fencedOf(tier: Tier): FencedAccess {
  if (tier.fenced === undefined) throw new Error(`${tier.name} has no fenced access`);
  return tier.fenced;
}

export function tokenOf(lease: Fetched | undefined): string {
  if (lease?.state !== 'granted') throw new Error(`a lease is ${lease?.state ?? 'missing'}, not granted`);
  return lease.token;
}

/** Each call once. */
export const allCalls = (access: FencedAccess, key: string): readonly (() => Promise<unknown>)[] => [
  () => access.fetch(key, LONG_MS),
  () => access.fetchMany([key, `${key}x`], LONG_MS),
  () => access.acquire(key, LONG_MS),
  () => access.fill([{ key, token: 'another', value: bytes('v') }]),
  () => access.renew(key, 'another', LONG_MS),
  () => access.release([{ key, token: 'another' }]),
  () => access.invalidate([key]),
  () => access.store([{ key, value: bytes('v') }]),
  () => access.claim([key], LONG_MS),
  () => access.settle([{ key, token: 'another', value: bytes('v') }]),
];
