import { randomBytes } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { CachectlError } from '../base/errors.ts';
import type { Backend } from '../backends/backend.ts';
import type { Bus } from '../backends/bus.ts';
import type { Ledger } from '../backends/ledger.ts';
import { LedgerRecords, MemoryLedger } from '../backends/memory/ledger.ts';
import type { Tier } from '../backends/tier.ts';
import { openChannel } from './coherence/bus-channel.ts';
import type { Channel, ChannelListener } from './coherence/channel.ts';
import { openQuietChannel } from './coherence/quiet-channel.ts';
import type { Trust } from './coherence/trust.ts';
import { nullLedger } from './null-ledger.ts';
import { type CacheOptions, type CoherenceOptions, durationMs, type TierSpec } from './options.ts';

/** A tier as it was given, and the backend it belongs to, when that was. */
export interface WiredTier {
  readonly spec: TierSpec & { readonly tier: Tier };
  readonly backend: Backend | undefined;
}

export const DEFAULT_BOUND_MS = 1000;

/** @throws CachectlError `BAD_USAGE` when two tiers have the same name */
export function wireTiers(given: CacheOptions['tiers']): readonly WiredTier[] {
  const wired = given.map(wireTier);
  const names = wired.map(({ spec }) => spec.tier.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new CachectlError('BAD_USAGE', `two tiers are named '${twice}'`);
  return wired;
}

function wireTier(given: Backend | Tier | TierSpec): WiredTier {
  if ('kind' in given) return { spec: { tier: given.tier }, backend: given };
  if (!('tier' in given)) return { spec: { tier: given }, backend: undefined };
  const { tier } = given;
  return 'kind' in tier
    ? { spec: { ...given, tier: tier.tier }, backend: tier }
    : { spec: { ...given, tier }, backend: undefined };
}

export interface Wired {
  readonly channel: Channel;
  readonly ledger: Ledger;
  /** How long what the ledger said is trusted. */
  readonly ledgerTrust: Trust;
}

/** Finds the bus and the ledger that the instances of the namespace have in common, and opens the channel. */
export function wire(
  options: Pick<CacheOptions, 'namespace' | 'coherence' | 'instance' | 'random'>,
  tiers: readonly WiredTier[],
  clock: Clock,
  listener: ChannelListener,
): Wired {
  const coherence: CoherenceOptions = options.coherence ?? {};
  const boundMs = durationMs(coherence.bound ?? DEFAULT_BOUND_MS, 'coherence.bound');
  const shared = tiers.filter(({ spec }) => spec.tier.local === undefined);
  const bus = busOf(options.namespace, coherence, shared);
  const level = coherence.level ?? 'bounded';
  if (bus === undefined && level !== 'bounded') {
    throw new CachectlError(
      'BAD_USAGE',
      `coherence level ${level} needs a bus, and no tier of the cache has one`,
      {
        hint: 'add a Redis tier, or pass coherence.bus',
      },
    );
  }
  const random = options.random === undefined ? {} : { random: options.random.fork('channel') };
  const channel =
    bus === undefined
      ? openQuietChannel()
      : openChannel({
          bus,
          level,
          boundMs,
          instance: options.instance ?? randomName(),
          clock,
          listener,
          ...random,
        });
  const isAlone = shared.length === 0;
  return {
    channel,
    ledger: coherence.ledger ?? ledgerOf(options.namespace, shared) ?? (isAlone ? ownLedger() : nullLedger),
    ledgerTrust:
      bus === undefined && !isAlone ? { generation: 0, provenUntilMs: -Infinity, boundMs } : channel.trust,
  };
}

function busOf(namespace: string, { bus }: CoherenceOptions, shared: readonly WiredTier[]): Bus | undefined {
  if (bus === 'none') return undefined;
  if (bus !== undefined) return bus;
  const backend = shared.find((tier) => tier.backend?.openBus !== undefined)?.backend;
  return backend?.openBus?.(`${namespace}:~bus`);
}

function ledgerOf(namespace: string, shared: readonly WiredTier[]): Ledger | undefined {
  const backend = shared.find((tier) => tier.backend?.openLedger !== undefined)?.backend;
  return backend?.openLedger?.(namespace);
}

function randomName(): string {
  return randomBytes(9).toString('base64url');
}

/** Of a cache that shares nothing. */
function ownLedger(): Ledger {
  const records = new LedgerRecords();
  return new MemoryLedger(
    () => records,
    () => undefined,
  );
}
