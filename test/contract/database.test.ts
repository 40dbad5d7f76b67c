import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type DatabaseBackend, openDatabase } from '../../src/backends/database/open.ts';
import { freePort, type PrivateServer } from '../../src/testbed/servers/server.ts';
import { startPostgres } from '../../src/testbed/servers/postgres.ts';
import { processFamily } from '../../src/testbed/process-tree.ts';
import { Supervised } from '../../src/testbed/supervised.ts';
import { describeLeaseContract } from './lease-contract.ts';
import { describeTierContract, type ServerFaults } from './tier-contract.ts';

/** Long enough for a busy machine to open a pool of sessions in. */
const DEADLINE_MS = 1200;
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const table = (): string => `t_${randomBytes(6).toString('hex')}`;
const both =
  (near: DatabaseBackend, far: DatabaseBackend): (() => Promise<void>) =>
  async () => {
    await Promise.all([near.close(), far.close()]);
  };

const NO_SERVER =
  'no server: the database is a file in this process (a locked one is tested in test/integration)';
const folder = Supervised.start('sqlite');
afterAll(async () => (await folder).stop());

const openFile = async (file = randomBytes(6).toString('hex')): Promise<DatabaseBackend> =>
  openDatabase({ url: `sqlite:${join((await folder).dir, file)}.db`, deadlineMs: DEADLINE_MS });

describeTierContract('sqlite, a file', async () => {
  const backend = await openFile();
  return {
    tier: backend.tier,
    deadlineMs: DEADLINE_MS,
    pass: wait,
    faults: NO_SERVER,
    dispose: () => backend.close(),
  };
});

describeTierContract('sqlite, in memory', async () => {
  const backend = await openDatabase({ url: 'sqlite::memory:', deadlineMs: DEADLINE_MS });
  return {
    tier: backend.tier,
    deadlineMs: DEADLINE_MS,
    pass: wait,
    faults: NO_SERVER,
    dispose: () => backend.close(),
  };
});

describeLeaseContract('sqlite, two connections to a file', async () => {
  const [near, far] = [await openFile('leases'), await openFile('leases')];
  return {
    near: near.lease,
    far: far.lease,
    deadlineMs: DEADLINE_MS,
    resolutionMs: 1,
    pass: wait,
    faults: NO_SERVER,
    dispose: both(near, far),
  };
});

interface Faulty {
  readonly url: string;
  readonly faults: ServerFaults;
  stop(): Promise<void>;
}

async function startFaulty(): Promise<Faulty> {
  const listen = await freePort();
  let server: PrivateServer = await startPostgres(process.env, { listen });
  let frozen: readonly number[] = [];
  return {
    url: server.url,
    faults: {
      freeze: async () => {
        // The parent first: then it makes no more children while these are being found.
        process.kill(server.pid, 'SIGSTOP');
        frozen = await processFamily(server.pid);
        for (const pid of frozen) process.kill(pid, 'SIGSTOP');
      },
      thaw: async () => {
        for (const pid of frozen) process.kill(pid, 'SIGCONT');
      },
      kill: () => server.stop(),
      restart: async () => {
        server = await startPostgres(process.env, { listen });
      },
    },
    stop: () => server.stop(),
  };
}

const shared = startFaulty();
afterAll(async () => (await shared).stop());

describeTierContract('postgresql', async () => {
  const { url, faults } = await shared;
  const backend = await openDatabase({ url, table: table(), deadlineMs: DEADLINE_MS });
  return { tier: backend.tier, deadlineMs: DEADLINE_MS, pass: wait, faults, dispose: () => backend.close() };
});

describeLeaseContract('postgresql', async () => {
  const { url, faults } = await shared;
  const name = table();
  const near = await openDatabase({ url, table: name, deadlineMs: DEADLINE_MS });
  const far = await openDatabase({ url, table: name, deadlineMs: DEADLINE_MS });
  return {
    near: near.lease,
    far: far.lease,
    deadlineMs: DEADLINE_MS,
    resolutionMs: 1,
    pass: wait,
    faults,
    dispose: both(near, far),
  };
});
