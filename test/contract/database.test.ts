import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Ledger } from '../../src/backends/ledger.ts';
import type { Limiter } from '../../src/backends/limiter.ts';
import { type DatabaseBackend, openDatabase } from '../../src/backends/database/open.ts';
import { freePort, type PrivateServer } from '../../src/testbed/servers/server.ts';
import { startPostgres } from '../../src/testbed/servers/postgres.ts';
import { processFamily } from '../../src/testbed/process-tree.ts';
import { Supervised } from '../../src/testbed/supervised.ts';
import { describeFencedContract } from './fenced-contract.ts';
import type { FencedUnderTest } from './fenced-subject.ts';
import { describeLeaseContract, type LeaseUnderTest } from './lease-contract.ts';
import { describeLedgerContract, type LedgerUnderTest } from './ledger-contract.ts';
import { describeLimiterContract, type LimiterUnderTest } from './limiter-contract.ts';
import { describeTierContract, type ServerFaults } from './tier-contract.ts';

/** Long enough for a busy machine to open a pool of sessions in. */
const DEADLINE_MS = 1200;
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const table = (): string => `t_${randomBytes(6).toString('hex')}`;
const NO_SERVER =
  'no server: the database is a file in this process (a locked one is tested in test/integration)';
const folder = Supervised.start('sqlite');
afterAll(async () => (await folder).stop());

const NO_BUS = 'a database has no bus';

/** Two on one server, as two processes have them. */
interface Two {
  readonly near: DatabaseBackend;
  readonly far: DatabaseBackend;
  readonly name: string;
  readonly deadlineMs: number;
  readonly pass: (ms: number) => Promise<void>;
  readonly faults: ServerFaults | string;
  dispose(): Promise<void>;
}

async function two(
  openOne: (table: string) => Promise<DatabaseBackend>,
  faults: ServerFaults | string,
): Promise<Two> {
  const name = table();
  const [near, far] = [await openOne(name), await openOne(name)];
  const dispose = async (): Promise<void> => {
    await Promise.all([near.close(), far.close()]);
  };
  return { near, far, name, deadlineMs: DEADLINE_MS, pass: wait, faults, dispose };
}

/** The contracts of what several processes share. */
function describeShared(product: string, openTwo: () => Promise<Two>): void {
  describeLeaseContract(product, async (): Promise<LeaseUnderTest> => {
    const { near, far, ...subject } = await openTwo();
    return { ...subject, near: near.lease, far: far.lease, resolutionMs: 1 };
  });

  describeFencedContract(product, async (): Promise<FencedUnderTest> => {
    const { near, far, ...subject } = await openTwo();
    return { ...subject, near: near.tier, far: far.tier, buses: NO_BUS };
  });

  describeLedgerContract(product, async (): Promise<LedgerUnderTest> => {
    const { near, far, name, ...subject } = await openTwo();
    const lose = (rows: string, key: string): Promise<unknown> =>
      far.sql.query(`DELETE FROM ${name}_${rows} WHERE key = $1`, [Buffer.from(key)]);
    return {
      ...subject,
      near: (namespace) => ledgerOf(near, namespace),
      far: (namespace) => ledgerOf(far, namespace),
      buses: NO_BUS,
      lose: {
        page: async (namespace) => void (await lose('ledger', namespace)),
        tag: async (namespace, tag) => void (await lose('tag', `${namespace}\0${tag}`)),
      },
      close: () => near.close(),
    };
  });

  describeLimiterContract(product, async (): Promise<LimiterUnderTest> => {
    const { near, far, ...subject } = await openTwo();
    return { ...subject, near: limiterOf(near), far: limiterOf(far), nowMs: () => performance.now() };
  });
}

function ledgerOf(backend: DatabaseBackend, namespace: string): Ledger {
  const ledger = backend.openLedger?.(namespace);
  if (ledger === undefined) throw new Error('a database has a ledger');
  return ledger;
}

function limiterOf({ limiter }: DatabaseBackend): Limiter {
  if (limiter === undefined) throw new Error('a database has a limiter');
  return limiter;
}

const openFile = async (name: string): Promise<DatabaseBackend> =>
  openDatabase({
    url: `sqlite:${join((await folder).dir, name)}.db`,
    table: name,
    deadlineMs: DEADLINE_MS,
  });

describeTierContract('sqlite, a file', async () => {
  const backend = await openFile(table());
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

describeShared('sqlite, two connections to a file', () => two(openFile, NO_SERVER));

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

describeShared('postgresql', async () => {
  const { url, faults } = await shared;
  return two((name) => openDatabase({ url, table: name, deadlineMs: DEADLINE_MS }), faults);
});
