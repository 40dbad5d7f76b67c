import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_DEADLINE_MS } from '../../src/backends/backend.ts';
import { openMemcached, type MemcachedOptions } from '../../src/backends/memcached/open.ts';
import { describeLeaseContract } from './lease-contract.ts';
import { startOnSocket, startOnTcp, type TestServers } from './memcached-servers.ts';
import { describeTierContract, type TierUnderTest } from './tier-contract.ts';

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
