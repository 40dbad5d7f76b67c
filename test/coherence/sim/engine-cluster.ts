import { type FaultBackend, faultBackend } from '../../../src/backends/fault-backend.ts';
import { openMemory } from '../../../src/backends/memory/open.ts';
import { openSharedMemory, SharedMemory } from '../../../src/backends/memory/shared.ts';
import type { Random } from '../../../src/base/random.ts';
import { createCache } from '../../../src/engine/create-cache.ts';
import type { TierSpec } from '../../../src/engine/options.ts';
import type { Cluster, ClusterOptions, Loss } from './subject.ts';

const NAMESPACE = 'sim';
const ROOM = 64;
/** As much shorter than usual as the bound is. */
const LEASE_MS = 150;
const WAIT_MS = 300;
const BREAKER = { failures: 5, probeAfter: 20 };

/**
 * The engine: instances with memory of their own over shared memories, each over lines with faults.
 * A read that begins while its instance invalidates the key loads for itself alone: so two loads for each invalidation.
 */
export function engineCluster(options: ClusterOptions): Cluster {
  const { clock, random } = options;
  const memories = Array.from(
    { length: options.tiers },
    () => new SharedMemory({ clock, maxEntries: ROOM, maxRecords: ROOM }),
  );
  const instances = Array.from({ length: options.instances }, (_, i) => {
    const backends = memories.map((memory, tier) =>
      connect(memory, tier, random.fork(`line ${i} ${tier}`), options),
    );
    const cache = createCache({
      namespace: NAMESPACE,
      instance: `i${i}`,
      tiers: [
        openMemory({ clock, maxEntries: ROOM }),
        ...backends.map((tier): TierSpec => ({ tier, breaker: BREAKER })),
      ],
      defaults: {
        throttle: options.throttleMs,
        failureBackoff: options.throttleMs,
        staleIfError: options.staleMs,
      },
      policies: Object.fromEntries(
        ['a', 'b'].map((group) => [
          group,
          { key: `${group}:{id}`, ttl: options.lifetimeMs, sliding: options.slides },
        ]),
      ),
      coherence: { level: options.level, bound: options.boundMs },
      lease: { ttl: LEASE_MS, wait: WAIT_MS },
      clock,
      random: random.fork(`instance ${i}`),
    });
    const [bus] = backends.flatMap(({ buses }) => buses);
    return { cache, lines: backends.map(({ line }) => line), bus };
  });
  return {
    instances,
    loadsPerInvalidation: 2,
    makesUp: true,
    isSettled: () => instances.every(({ cache }) => cache.underWay()['retries'] === 0),
    lose: (loss) => {
      for (const memory of memories) lose(memory, loss);
    },
  };
}

/** Only the nearest has a bus and a ledger, as Redis before a database. */
function connect(
  memory: SharedMemory,
  tier: number,
  random: Random,
  { clock, deadlineMs }: ClusterOptions,
): FaultBackend {
  const backend = openSharedMemory(memory, `shared ${tier}`);
  const { openBus: _bus, openLedger: _ledger, ...store } = backend;
  return faultBackend(tier === 0 ? backend : store, { clock, random, deadlineMs });
}

function lose(memory: SharedMemory, loss: Loss): void {
  if (loss.kind === 'entry') memory.store.drop(`${NAMESPACE}:${loss.key}`);
  if (loss.kind === 'tags' || loss.kind === 'all') memory.ledger(NAMESPACE).tags.clear();
  if (loss.kind === 'ledger' || loss.kind === 'all') memory.ledgers.delete(NAMESPACE);
  if (loss.kind === 'all') memory.store.clear();
}
