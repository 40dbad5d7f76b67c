import { setTimeout as sleep } from 'node:timers/promises';
import { type Backend, DEFAULT_DEADLINE_MS } from '../../src/backends/backend.ts';
import { openMemcached, type MemcachedOptions } from '../../src/backends/memcached/open.ts';
import type { Ledger } from '../../src/backends/ledger.ts';
import { describeFencedContract } from './fenced-contract.ts';
import type { FencedUnderTest } from './fenced-subject.ts';
import { describeLeaseContract } from './lease-contract.ts';
import { describeLedgerContract, type LedgerUnderTest } from './ledger-contract.ts';
import { startOnSocket, startOnTcp, type TestServers } from './memcached-servers.ts';
import { describeTierContract, eventually, type ServerFaults, type TierUnderTest } from './tier-contract.ts';

/** The product's default: a shorter one is missed on a busy machine, by memjs above all. */
const DEADLINE_MS = DEFAULT_DEADLINE_MS;

const tierOn = async (
  start: () => Promise<TestServers>,
  options: Partial<MemcachedOptions> = {},
): Promise<TierUnderTest> => {
  const testServers = await start();
  const { servers, faults } = testServers;
  const backend = await openMemcached({ servers, deadlineMs: DEADLINE_MS, ...options });
  return {
    tier: backend.tier,
    deadlineMs: DEADLINE_MS,
    pass: (ms) => sleep(ms),
    faults,
    dispose: async () => {
      await backend.close();
      await testServers.stop();
    },
  };
};

describeTierContract('memcached on a unix socket', () => tierOn(startOnSocket));
describeTierContract('memcached on TCP', () => tierOn(startOnTcp));
describeTierContract('three memcached servers', () => tierOn(() => startOnTcp(3)));
describeTierContract('memcached through memjs', () => tierOn(startOnTcp, { driver: 'memjs' }));
describeTierContract('three memcached servers through memjs', () =>
  tierOn(() => startOnTcp(3), { driver: 'memjs' }),
);

const NO_BUS = 'memcached publishes nothing';

interface Two {
  readonly near: Backend;
  readonly far: Backend;
  readonly servers: string;
  readonly faults: ServerFaults;
  readonly dispose: () => Promise<void>;
}

const two = async (start: () => Promise<TestServers>): Promise<Two> => {
  const testServers = await start();
  const { servers, faults } = testServers;
  const near = await openMemcached({ servers, deadlineMs: DEADLINE_MS });
  const far = await openMemcached({ servers, deadlineMs: DEADLINE_MS });
  return {
    near,
    far,
    servers,
    faults: {
      ...faults,
      restart: async () => {
        await faults.restart();
        // Of several servers the suites see one at a time, and would meet the others while they are not back yet.
        await eventually(async () => void (await Promise.all([near.tier.stats(), far.tier.stats()])));
      },
    },
    dispose: async () => {
      await near.close();
      await far.close();
      await testServers.stop();
    },
  };
};

const fencedOn = async (start: () => Promise<TestServers>): Promise<FencedUnderTest> => {
  const { near, far, faults, dispose } = await two(start);
  return {
    near: near.tier,
    far: far.tier,
    deadlineMs: DEADLINE_MS,
    pass: (ms) => sleep(ms),
    buses: NO_BUS,
    faults,
    dispose,
  };
};

describeFencedContract('memcached', () => fencedOn(startOnSocket));
describeFencedContract('three memcached servers', () => fencedOn(() => startOnTcp(3)));

const ledgerOf = (backend: Backend, namespace: string): Ledger => {
  if (backend.openLedger === undefined) throw new Error('there is no ledger');
  return backend.openLedger(namespace);
};

const ledgerOn = async (start: () => Promise<TestServers>): Promise<LedgerUnderTest> => {
  const { near, far, servers, faults, dispose } = await two(start);
  /** On every server: the ledger is on one, wherever that is. */
  const lose = async (key: string): Promise<void> => {
    const gone = await Promise.all(
      servers.split(',').map(async (server) => {
        const { tier } = await openMemcached({ servers: server });
        const was = await tier.delete(key);
        await tier.close();
        return was;
      }),
    );
    if (!gone.includes(true)) throw new Error(`${key} was not there`);
  };
  return {
    near: (namespace) => ledgerOf(near, namespace),
    far: (namespace) => ledgerOf(far, namespace),
    deadlineMs: DEADLINE_MS,
    buses: NO_BUS,
    lose: {
      page: (namespace) => lose(`~page:${namespace}`),
      tag: (namespace, tag) => lose(`~tag:${namespace.length}:${namespace}:${tag}`),
    },
    faults,
    close: async () => {
      await near.close();
      await far.close();
    },
    dispose,
  };
};

describeLedgerContract('memcached', () => ledgerOn(startOnSocket));
describeLedgerContract('three memcached servers', () => ledgerOn(() => startOnTcp(3)));

describeLeaseContract('memcached', async () => {
  const testServers = await startOnSocket();
  const { servers, faults } = testServers;
  const near = await openMemcached({ servers, deadlineMs: DEADLINE_MS });
  const far = await openMemcached({ servers, deadlineMs: DEADLINE_MS });
  return {
    near: near.lease,
    far: far.lease,
    deadlineMs: DEADLINE_MS,
    resolutionMs: 1000,
    pass: (ms) => sleep(ms),
    faults,
    dispose: async () => {
      await near.close();
      await far.close();
      await testServers.stop();
    },
  };
});
