import { connect } from 'node:net';
import { startMemcached } from '../../../src/testbed/servers/memcached.ts';
import { startPostgres } from '../../../src/testbed/servers/postgres.ts';
import { startRedis } from '../../../src/testbed/servers/redis.ts';
import { freePort, type PrivateServer } from '../../../src/testbed/servers/server.ts';
import { Proxy } from './proxy.ts';
import type { ServerUrls } from './protocol.ts';

export type ServerKind = 'redis' | 'memcached' | 'database';
export type ServersChoice = 'redis' | 'redis+database' | 'memcached';

const START = { redis: startRedis, memcached: startMemcached, database: startPostgres } as const;
const ANSWER_MS = 1000;

/** A private server that can be killed and comes back on its port, and a way to it for each instance. */
export class PlayedServer {
  readonly kind: ServerKind;
  readonly #port: number;
  readonly ways: readonly Proxy[];
  #server: PrivateServer;

  private constructor(kind: ServerKind, port: number, server: PrivateServer, ways: readonly Proxy[]) {
    this.kind = kind;
    this.#port = port;
    this.#server = server;
    this.ways = ways;
  }

  static async start(kind: ServerKind, instances: number): Promise<PlayedServer> {
    const port = await freePort();
    const server = await START[kind](process.env, { listen: port });
    const ways = await Promise.all(Array.from({ length: instances }, () => Proxy.start(port)));
    return new PlayedServer(kind, port, server, ways);
  }

  /** What this instance connects to. */
  url(instance: number): string {
    const port = this.ways[instance]?.port ?? 0;
    if (this.kind === 'memcached') return `127.0.0.1:${port}`;
    return this.kind === 'redis'
      ? `redis://127.0.0.1:${port}`
      : `postgres://postgres@127.0.0.1:${port}/postgres`;
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    process.kill(this.#server.pid, signal);
  }

  async kill(): Promise<void> {
    process.kill(this.#server.pid, 'SIGKILL');
    await this.#server.ended;
  }

  async restart(): Promise<void> {
    this.#server = await START[this.kind](process.env, { listen: this.#port });
  }

  async stop(): Promise<void> {
    for (const way of this.ways) await way.stop();
    await this.#server.stop();
  }

  /** The first bytes of the answer to a command; rejects when there is none within a second. */
  command(...words: readonly string[]): Promise<string> {
    const redis = `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
    return new Promise((resolve, reject) => {
      const socket = connect(this.#port, '127.0.0.1');
      const late = setTimeout(() => socket.destroy(new Error('no answer')), ANSWER_MS);
      socket.once('error', reject);
      socket.once('close', () => {
        clearTimeout(late);
        reject(new Error('closed'));
      });
      socket.once('data', (data) => {
        resolve(data.toString());
        socket.destroy();
      });
      socket.write(this.kind === 'redis' ? redis : `${words.join(' ')}\r\n`);
    });
  }
}

export async function startServers(
  choice: ServersChoice,
  instances: number,
): Promise<readonly PlayedServer[]> {
  const kinds = choice.split('+') as ServerKind[];
  const started = await Promise.allSettled(kinds.map((kind) => PlayedServer.start(kind, instances)));
  const servers = started.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  const failed = started.find((one) => one.status === 'rejected');
  if (failed === undefined) return servers;
  await Promise.all(servers.map((server) => server.stop()));
  throw failed.reason;
}

export function urlsOf(servers: readonly PlayedServer[], instance: number): ServerUrls {
  return Object.fromEntries(servers.map((server) => [server.kind, server.url(instance)]));
}
