import { connect, createServer, type Server, type Socket } from 'node:net';
import process from 'node:process';
import { afterEach, expect } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { type MemcachedOptions, openMemcached } from '../../src/backends/memcached/open.ts';
import { type ErrorCode, isCachectlError } from '../../src/base/errors.ts';
import { findServer } from '../../src/testbed/binaries.ts';
import { answers, freePort, untilReady } from '../../src/testbed/servers/server.ts';
import { Supervised } from '../../src/testbed/supervised.ts';

export const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
export const withCode = (...codes: ErrorCode[]): unknown =>
  expect.toSatisfy((error) => isCachectlError(error, ...codes));

/** A memcached with options of its own. */
export async function startWith(...options: string[]): Promise<{ server: Supervised; port: number }> {
  const port = await freePort();
  const user = process.env['USER'] ?? 'root';
  const server = await Supervised.start('memcached-special', {
    program: findServer('memcached', process.env).path,
    args: () => ['-l', '127.0.0.1', '-p', String(port), '-U', '0', '-u', user, ...options],
    stopSignal: 'KILL',
  });
  await untilReady('memcached', server, () => answers({ host: '127.0.0.1', port }, 'version\r\n', ''));
  return { server, port };
}

/** What to do after the test, the last one first. */
export const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step();
});

export async function open(servers: string, options: Partial<MemcachedOptions> = {}): Promise<Backend> {
  const backend = await openMemcached({ servers, ...options });
  cleanUp.push(() => backend.close());
  return backend;
}

/** A TCP server that does `onSocket`; its port. */
export async function listen(onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onSocket(socket);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  cleanUp.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => void server.close(resolve));
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Stands between a client and a server. */
export interface Proxy {
  readonly address: string;
  /** Pieces that came from the client, as many as it made writes while they are small. */
  readonly writes: number;
  /** What the client writes waits, but for the next `pass` pieces; the function lets it go on. */
  hold(pass: number): () => void;
}

/** @param server as `host:port` */
export async function proxyTo(server: string): Promise<Proxy> {
  const [host = '', port] = server.split(':');
  let writes = 0;
  let left = Infinity;
  const held: (() => void)[] = [];
  const listening = await listen((client) => {
    const upstream = connect({ host, port: Number(port), noDelay: true });
    upstream.on('error', () => {});
    upstream.on('data', (data) => void client.write(data));
    client.on('close', () => upstream.destroy());
    client.on('data', (data) => {
      writes++;
      if (left-- > 0) upstream.write(data);
      else held.push(() => void upstream.write(data));
    });
  });
  return {
    address: `127.0.0.1:${listening}`,
    get writes() {
      return writes;
    },
    hold(pass) {
      left = pass;
      return () => {
        left = Infinity;
        for (const send of held.splice(0)) send();
      };
    },
  };
}

/** The code that the call rejects with; `none` when it does not. */
export function codeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'none',
    (error: unknown) => (isCachectlError(error) ? error.code : String(error)),
  );
}
