import { ManualClock } from '../../src/base/clock.ts';
import type { Backend } from '../../src/backends/backend.ts';
import type { Bus } from '../../src/backends/bus.ts';
import type { Ledger } from '../../src/backends/ledger.ts';
import { EVICTION_POLICIES, type EvictionName } from '../../src/backends/memory/eviction/registry.ts';
import { openMemory } from '../../src/backends/memory/open.ts';
import { openSharedMemory, SharedMemory } from '../../src/backends/memory/shared.ts';
import { describeBusContract } from './bus-contract.ts';
import { describeFencedContract } from './fenced-contract.ts';
import { describeLeaseContract } from './lease-contract.ts';
import { describeLedgerContract } from './ledger-contract.ts';
import { describeLimiterContract } from './limiter-contract.ts';
import { describeQueueContract } from './queue-contract.ts';
import { describeTierContract } from './tier-contract.ts';

const NO_SERVER = 'no server: the entries are in this process';
const DEADLINE_MS = 50;

const busOf = (backend: Backend): Bus => {
  const bus = backend.openBus?.('channel');
  if (bus === undefined) throw new Error('memory has a bus');
  return bus;
};
const ledgerOf = (backend: Backend, namespace: string): Ledger => {
  const ledger = backend.openLedger?.(namespace);
  if (ledger === undefined) throw new Error('shared memory has a ledger');
  return ledger;
};
const shared = (): {
  clock: ManualClock;
  memory: SharedMemory;
  near: Backend;
  far: Backend;
  close: () => Promise<void>;
} => {
  const clock = new ManualClock();
  const memory = new SharedMemory({ clock });
  const [near, far] = [openSharedMemory(memory), openSharedMemory(memory)];
  const close = async (): Promise<void> => void (await Promise.all([near.close(), far.close()]));
  return { clock, memory, near, far, close };
};

describeTierContract('memory', async () => {
  const clock = new ManualClock();
  const backend = openMemory({ clock });
  return {
    tier: backend.tier,
    deadlineMs: DEADLINE_MS,
    pass: (ms) => clock.advance(ms),
    faults: NO_SERVER,
    dispose: () => backend.close(),
  };
});
for (const eviction of Object.keys(EVICTION_POLICIES) as EvictionName[]) {
  describeTierContract(`memory, ${eviction}`, async () => {
    const clock = new ManualClock();
    const backend = openMemory({ clock, eviction });
    return {
      tier: backend.tier,
      deadlineMs: 50,
      pass: (ms) => clock.advance(ms),
      faults: NO_SERVER,
      dispose: () => backend.close(),
    };
  });
}

describeTierContract('shared memory', async () => {
  const { clock, near, close } = shared();
  return {
    tier: near.tier,
    deadlineMs: DEADLINE_MS,
    pass: (ms) => clock.advance(ms),
    faults: NO_SERVER,
    dispose: close,
  };
});

describeFencedContract('shared memory', async () => {
  const { clock, near, far, close } = shared();
  return {
    near: near.tier,
    far: far.tier,
    deadlineMs: DEADLINE_MS,
    pass: (ms) => clock.advance(ms),
    buses: { near: busOf(near), far: busOf(far) },
    faults: NO_SERVER,
    dispose: close,
  };
});

describeLedgerContract('shared memory', async () => {
  const { memory, near, far, close } = shared();
  return {
    near: (namespace) => ledgerOf(near, namespace),
    far: (namespace) => ledgerOf(far, namespace),
    deadlineMs: DEADLINE_MS,
    buses: { near: busOf(near), far: busOf(far) },
    lose: {
      page: async (namespace) => void memory.ledgers.delete(namespace),
      tag: async (namespace, tag) => void memory.ledger(namespace).tags.delete(tag),
    },
    faults: NO_SERVER,
    close: () => near.close(),
    dispose: close,
  };
});

describeBusContract('memory', async () => {
  const clock = new ManualClock();
  const backend = openMemory({ clock });
  return {
    near: busOf(backend),
    far: busOf(backend),
    deadlineMs: DEADLINE_MS,
    pass: (ms) => clock.advance(ms),
    faults: NO_SERVER,
    dispose: () => backend.close(),
  };
});

describeBusContract('shared memory', async () => {
  const { clock, near, far, close } = shared();
  return {
    near: busOf(near),
    far: busOf(far),
    deadlineMs: DEADLINE_MS,
    pass: (ms) => clock.advance(ms),
    faults: NO_SERVER,
    dispose: close,
  };
});

describeLeaseContract('memory', async () => {
  const clock = new ManualClock();
  const backend = openMemory({ clock });
  return {
    near: backend.lease,
    far: backend.lease,
    deadlineMs: DEADLINE_MS,
    resolutionMs: 1,
    pass: (ms) => clock.advance(ms),
    faults: NO_SERVER,
    dispose: () => backend.close(),
  };
});

describeQueueContract('memory', async () => {
  const clock = new ManualClock();
  const backend = openMemory({ clock });
  const { openQueue } = backend;
  if (openQueue === undefined) throw new Error('memory has queues');
  return {
    near: openQueue,
    far: openQueue,
    deadlineMs: 50,
    pass: (ms) => clock.advance(ms),
    faults: NO_SERVER,
    dispose: () => backend.close(),
  };
});

describeLimiterContract('memory', async () => {
  const clock = new ManualClock();
  const backend = openMemory({ clock });
  const { limiter } = backend;
  if (limiter === undefined) throw new Error('memory has a limiter');
  return {
    near: limiter,
    far: limiter,
    deadlineMs: 50,
    nowMs: () => clock.nowMs(),
    pass: (ms) => clock.advance(ms),
    faults: NO_SERVER,
    dispose: () => backend.close(),
  };
});
