import { systemClock } from '../../src/base/clock.ts';
import { delay } from '../../src/base/deadline.ts';
import type { Backend } from '../../src/backends/backend.ts';
import type { Bus } from '../../src/backends/bus.ts';
import type { Ledger } from '../../src/backends/ledger.ts';
import { openRedis } from '../../src/backends/redis/open.ts';
import { startRedis } from '../../src/testbed/servers/redis.ts';
import { freePort, type PrivateServer } from '../../src/testbed/servers/server.ts';
import { type BusUnderTest, describeBusContract } from './bus-contract.ts';
import { describeFencedContract } from './fenced-contract.ts';
import type { FencedUnderTest } from './fenced-subject.ts';
import { describeLeaseContract, type LeaseUnderTest } from './lease-contract.ts';
import { describeLedgerContract, type LedgerUnderTest } from './ledger-contract.ts';
import { describeLimiterContract, type LimiterUnderTest } from './limiter-contract.ts';
import { describeQueueContract, type QueueUnderTest } from './queue-contract.ts';
import { describeTierContract, type ServerFaults, type TierUnderTest } from './tier-contract.ts';

const DEADLINE_MS = 1000;
const SOCKET_IS_PRIVATE = 'a restarted private server has another socket path; the TCP run covers faults';

interface Subject {
  readonly url: string;
  readonly faults: ServerFaults | string;
  stop(): Promise<void>;
}

async function overTcp(): Promise<Subject> {
  const port = await freePort();
  let server: PrivateServer = await startRedis(process.env, { listen: port });
  const faults: ServerFaults = {
    freeze: async () => void process.kill(server.pid, 'SIGSTOP'),
    thaw: async () => void process.kill(server.pid, 'SIGCONT'),
    kill: () => server.stop(),
    restart: async () => {
      server = await startRedis(process.env, { listen: port });
    },
  };
  return { url: server.url, faults, stop: () => server.stop() };
}

async function overSocket(): Promise<Subject> {
  const server = await startRedis(process.env);
  return { url: server.url, faults: SOCKET_IS_PRIVATE, stop: () => server.stop() };
}

interface Two {
  readonly near: Backend;
  readonly far: Backend;
  readonly deadlineMs: number;
  pass(ms: number): Promise<void>;
  readonly faults: ServerFaults | string;
  dispose(): Promise<void>;
}

/** Two connections to one server, as two processes have them. */
async function openTwo(subject: Subject): Promise<Two> {
  const near = await openRedis({ url: subject.url, deadlineMs: DEADLINE_MS });
  const far = await openRedis({ url: subject.url, deadlineMs: DEADLINE_MS });
  return {
    near,
    far,
    deadlineMs: DEADLINE_MS,
    pass: (ms) => delay(systemClock, ms),
    faults: subject.faults,
    dispose: async () => {
      await Promise.all([near.close(), far.close()]);
      await subject.stop();
    },
  };
}

function busOf(backend: Backend): Bus {
  const bus = backend.openBus?.('channel');
  if (bus === undefined) throw new Error('redis has a bus');
  return bus;
}

function ledgerOf(backend: Backend, namespace: string): Ledger {
  const ledger = backend.openLedger?.(namespace);
  if (ledger === undefined) throw new Error('redis has a ledger');
  return ledger;
}

const connections = [
  ['redis over TCP', overTcp],
  ['redis over a unix socket', overSocket],
] as const;

for (const [name, start] of connections) {
  describeTierContract(name, async (): Promise<TierUnderTest> => {
    const subject = await start();
    const backend = await openRedis({ url: subject.url, deadlineMs: DEADLINE_MS });
    return {
      tier: backend.tier,
      deadlineMs: DEADLINE_MS,
      pass: (ms) => delay(systemClock, ms),
      faults: subject.faults,
      dispose: async () => {
        await backend.close();
        await subject.stop();
      },
    };
  });

  describeBusContract(name, async (): Promise<BusUnderTest> => {
    const two = await openTwo(await start());
    return { ...two, near: busOf(two.near), far: busOf(two.far) };
  });

  describeLeaseContract(name, async (): Promise<LeaseUnderTest> => {
    const two = await openTwo(await start());
    return { ...two, near: two.near.lease, far: two.far.lease, resolutionMs: 1 };
  });

  describeFencedContract(name, async (): Promise<FencedUnderTest> => {
    const two = await openTwo(await start());
    const buses = { near: busOf(two.near), far: busOf(two.far) };
    return { ...two, near: two.near.tier, far: two.far.tier, buses };
  });

  describeLedgerContract(name, async (): Promise<LedgerUnderTest> => {
    const two = await openTwo(await start());
    return {
      ...two,
      near: (namespace) => ledgerOf(two.near, namespace),
      far: (namespace) => ledgerOf(two.far, namespace),
      buses: { near: busOf(two.near), far: busOf(two.far) },
      lose: {
        page: async (namespace) => void (await two.far.tier.delete(`${namespace}:~ledger`)),
        tag: async (namespace, tag) => void (await two.far.tier.delete(`${namespace}:~tag:${tag}`)),
      },
      close: () => two.near.close(),
    };
  });

  describeQueueContract(name, async (): Promise<QueueUnderTest> => {
    const subject = await start();
    const near = await openRedis({ url: subject.url, deadlineMs: DEADLINE_MS });
    const far = await openRedis({ url: subject.url, deadlineMs: DEADLINE_MS });
    if (near.openQueue === undefined || far.openQueue === undefined) throw new Error('redis has queues');
    return {
      near: near.openQueue,
      far: far.openQueue,
      deadlineMs: DEADLINE_MS,
      pass: (ms) => delay(systemClock, ms),
      faults: subject.faults,
      dispose: async () => {
        await Promise.all([near.close(), far.close()]);
        await subject.stop();
      },
    };
  });

  describeLimiterContract(name, async (): Promise<LimiterUnderTest> => {
    const subject = await start();
    const near = await openRedis({ url: subject.url, deadlineMs: DEADLINE_MS });
    const far = await openRedis({ url: subject.url, deadlineMs: DEADLINE_MS });
    if (near.limiter === undefined || far.limiter === undefined) throw new Error('redis has a limiter');
    return {
      near: near.limiter,
      far: far.limiter,
      deadlineMs: DEADLINE_MS,
      nowMs: () => systemClock.nowMs(),
      pass: (ms) => delay(systemClock, ms),
      faults: subject.faults,
      dispose: async () => {
        await Promise.all([near.close(), far.close()]);
        await subject.stop();
      },
    };
  });
}
