import { connect, createServer } from 'node:net';
import { type Clock, systemClock } from '../../base/clock.ts';
import { delay } from '../../base/deadline.ts';
import { CachectlError } from '../../base/errors.ts';
import type { Supervised } from '../supervised.ts';

/** A private server that runs. */
export interface PrivateServer {
  /** What a backend connects to. */
  readonly url: string;
  /** The server's own process, for faults by signal. */
  readonly pid: number;
  /** Resolves with the exit code when the server has ended, for whatever reason. */
  readonly ended: Promise<number>;
  /** Starts it once more, empty and at the same address, after it has ended. Absent where that cannot be done. */
  readonly again?: () => Promise<PrivateServer>;
  stop(): Promise<void>;
}

export interface WhereToListen {
  /** `socket`: a unix socket in the private directory (default). A number: that TCP port on 127.0.0.1. */
  readonly listen?: 'socket' | number | undefined;
  readonly maxMemoryBytes?: number | undefined;
  /** Directory of a server that has ended, to be made again: with it, the unix socket has the same path. */
  readonly dir?: string | undefined;
}

const START_TIMEOUT_MS = 10_000;

/** Waits until `probe` succeeds; stops the server and explains when it ends first or takes too long. */
export async function untilReady(
  program: string,
  supervised: Supervised,
  probe: () => Promise<boolean>,
  clock: Clock = systemClock,
): Promise<void> {
  const end = clock.nowMs() + START_TIMEOUT_MS;
  while (supervised.alive && clock.nowMs() < end) {
    if (await probe()) return;
    await delay(clock, 10);
  }
  const reason = supervised.alive ? `did not answer within ${START_TIMEOUT_MS / 1000} s` : 'ended at once';
  await supervised.stop();
  const said = supervised.log.trim().split('\n').slice(-5).join('\n');
  throw new CachectlError(
    'SERVER_NOT_STARTED',
    `${program} ${reason}${said === '' ? '' : `; it said:\n${said}`}`,
  );
}

/** True when sending `request` is answered with something that begins with `expected`. */
export function answers(
  address: { path: string } | { port: number; host: string },
  request: string,
  expected: string,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    const finish = (ok: boolean): void => {
      socket.destroy();
      resolve(ok);
    };
    socket.setTimeout(1000, () => finish(false));
    socket.once('error', () => finish(false));
    socket.once('connect', () => socket.write(request));
    socket.once('data', (data) => finish(data.toString('latin1').startsWith(expected)));
    socket.once('close', () => resolve(false));
  });
}

/** A TCP port on 127.0.0.1 that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
