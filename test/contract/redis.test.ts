import { systemClock } from '../../src/base/clock.ts';
import { delay } from '../../src/base/deadline.ts';
import { openRedis } from '../../src/backends/redis/open.ts';
import { startRedis } from '../../src/testbed/servers/redis.ts';
import { freePort, type PrivateServer } from '../../src/testbed/servers/server.ts';
import { type BusUnderTest, describeBusContract } from './bus-contract.ts';
import { describeLeaseContract, type LeaseUnderTest } from './lease-contract.ts';
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
    const subject = await start();
    const near = await openRedis({ url: subject.url, deadlineMs: DEADLINE_MS });
    const far = await openRedis({ url: subject.url, deadlineMs: DEADLINE_MS });
    const nearBus = near.openBus?.('channel');
    const farBus = far.openBus?.('channel');
    if (nearBus === undefined || farBus === undefined) throw new Error('redis has a bus');
    return {
      near: nearBus,
      far: farBus,
      deadlineMs: DEADLINE_MS,
      faults: subject.faults,
      dispose: async () => {
        await Promise.all([near.close(), far.close()]);
        await subject.stop();
      },
    };
  });

  describeLeaseContract(name, async (): Promise<LeaseUnderTest> => {
    const subject = await start();
    const near = await openRedis({ url: subject.url, deadlineMs: DEADLINE_MS });
    const far = await openRedis({ url: subject.url, deadlineMs: DEADLINE_MS });
    return {
      near: near.lease,
      far: far.lease,
      deadlineMs: DEADLINE_MS,
      resolutionMs: 1,
      pass: (ms) => delay(systemClock, ms),
      faults: subject.faults,
      dispose: async () => {
        await Promise.all([near.close(), far.close()]);
        await subject.stop();
      },
    };
  });
}
