import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { findServer } from '../../src/testbed/binaries.ts';
import { startMemcached } from '../../src/testbed/servers/memcached.ts';
import { answers, freePort, type PrivateServer, untilReady } from '../../src/testbed/servers/server.ts';
import { Supervised } from '../../src/testbed/supervised.ts';
import type { ServerFaults } from './tier-contract.ts';

/** Memcached servers that can be frozen, killed, and started again at the same addresses. */
export interface TestServers {
  /** As `openMemcached` takes it. */
  readonly servers: string;
  readonly faults: ServerFaults;
  stop(): Promise<void>;
}

/** @param count servers on TCP ports of their own */
export async function startOnTcp(count = 1): Promise<TestServers> {
  const running: PrivateServer[] = [];
  const ports: number[] = [];
  for (let i = 0; i < count; i++) {
    const port = await freePort();
    running.push(await startMemcached(process.env, { listen: port, maxMemoryBytes: 64 * 1024 * 1024 }));
    ports.push(port);
  }
  return {
    servers: running.map(({ url }) => url).join(','),
    faults: faultsOf(running, (i) =>
      startMemcached(process.env, { listen: ports[i], maxMemoryBytes: 64 * 1024 * 1024 }),
    ),
    stop: async () => void (await Promise.all(running.map((server) => server.stop()))),
  };
}

/** A server on a unix socket whose path stays the same when it is started again. */
export async function startOnSocket(): Promise<TestServers> {
  const folder = await Supervised.start('memcached-socket');
  const path = join(folder.dir, 'memcached.sock');
  const start = async (): Promise<PrivateServer> => {
    const server = await Supervised.start('memcached-fixed', {
      program: findServer('memcached', process.env).path,
      args: () => ['-s', path, '-a', '700', '-m', '64', '-t', '2', '-u', process.env['USER'] ?? 'root'],
      stopSignal: 'KILL',
    });
    await untilReady('memcached', server, () => answers({ path }, 'version\r\n', 'VERSION'));
    return { url: `unix:${path}`, pid: server.pid, ended: server.ended, stop: () => server.stop() };
  };
  const running = [await start()];
  return {
    servers: `unix:${path}`,
    faults: faultsOf(running, start),
    stop: async () => {
      await Promise.all(running.map((server) => server.stop()));
      await folder.stop();
    },
  };
}

function faultsOf(running: PrivateServer[], start: (i: number) => Promise<PrivateServer>): ServerFaults {
  const signal = async (name: 'SIGSTOP' | 'SIGCONT'): Promise<void> => {
    for (const { pid } of running) process.kill(pid, name);
  };
  return {
    freeze: async () => {
      await signal('SIGSTOP');
      for (const { pid } of running) await untilStopped(pid);
    },
    thaw: () => signal('SIGCONT'),
    kill: async () => void (await Promise.all(running.map((server) => server.stop()))),
    restart: async () => {
      for (const i of running.keys()) running[i] = await start(i);
    },
  };
}

/** A signal takes a moment to reach every thread, and until then one of them may still answer. */
async function untilStopped(pid: number): Promise<void> {
  if (!existsSync('/proc/self/task')) {
    await sleep(100);
    return;
  }
  const running = (): boolean =>
    readdirSync(`/proc/${pid}/task`).some(
      (thread) => !/\) [Tt] /.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1')),
    );
  while (running()) await sleep(1);
}
