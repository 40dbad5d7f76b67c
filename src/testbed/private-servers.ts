import { join } from 'node:path';
import { CachectlError } from '../base/errors.ts';
import type { Scenario } from '../config/scenario.ts';
import type { Environment } from './binaries.ts';
import { signalFamily } from './process-tree.ts';
import { startMemcached } from './servers/memcached.ts';
import { startRedis } from './servers/redis.ts';
import { freePort, type PrivateServer } from './servers/server.ts';
import { Supervised } from './supervised.ts';
import type { Service, Target } from './target.ts';

/** The servers that were started for a run, and the target completed by their URLs. */
export class PrivateServers {
  readonly target: Target;
  readonly #running: Map<Service, PrivateServer>;
  /** Those whose end is wanted. */
  readonly #ending = new Set<PrivateServer>();
  #lost: string | undefined;

  constructor(given: Target, started: ReadonlyMap<Service, PrivateServer>) {
    const urls = Object.fromEntries([...started].map(([service, { url }]) => [service, url]));
    this.target = { ...given, ...urls };
    this.#running = new Map(started);
    for (const server of started.values()) this.#watch(server);
  }

  /** Whether the server of `target` is private. */
  has(service: Service): boolean {
    return this.#running.has(service);
  }

  /** Address of one that ended by itself; undefined while all live. */
  get lost(): string | undefined {
    return this.#lost;
  }

  /** Freezes a server with its children, or lets it go on. @throws CachectlError `NOT_SUPPORTED` */
  async signal(service: Service, signal: 'STOP' | 'CONT'): Promise<void> {
    await signalFamily(signal, this.#processOf(service).pid);
  }

  /** Ends a server without a word, and with it its data. @throws CachectlError `NOT_SUPPORTED` */
  async kill(service: Service): Promise<void> {
    const server = this.#processOf(service);
    this.#ending.add(server);
    await signalFamily('KILL', server.pid);
    await server.ended;
  }

  /** Starts a server that was killed once more, empty and at its address. @throws CachectlError `SERVER_NOT_STARTED` */
  async startAgain(service: Service): Promise<void> {
    const fresh = await this.#processOf(service).again();
    this.#running.set(service, fresh);
    this.#watch(fresh);
  }

  async stop(): Promise<void> {
    await Promise.all(
      [...this.#running.values()].map((server) => {
        this.#ending.add(server);
        return server.stop();
      }),
    );
  }

  #watch(server: PrivateServer): void {
    void server.ended.then(() => {
      if (!this.#ending.has(server)) this.#lost ??= server.url;
    });
  }

  #processOf(service: Service): Restartable {
    const server = this.#running.get(service);
    if (server !== undefined && canRestart(server)) return server;
    throw new CachectlError('NOT_SUPPORTED', `the server of ${service} is no process of this run`);
  }
}

type Restartable = PrivateServer & Required<Pick<PrivateServer, 'again'>>;

function canRestart(server: PrivateServer): server is Restartable {
  return server.again !== undefined;
}

/**
 * Starts what the scenario needs and the target does not give. When one fails, the others are stopped.
 * @param memcachedBy how a private memcached is reached: memjs knows no unix sockets
 */
export async function startMissing(
  scenario: Pick<Scenario, 'variants' | 'tiers'>,
  target: Target,
  env: Environment,
  memcachedBy: 'socket' | 'tcp' = 'socket',
): Promise<PrivateServers> {
  const used = new Set(scenario.variants.flatMap(({ tiers }) => tiers));
  const { redis, memcached } = scenario.tiers;
  const startCached = async (): Promise<PrivateServer> =>
    startMemcached(env, {
      listen: memcachedBy === 'tcp' ? await freePort() : 'socket',
      maxMemoryBytes: memcached.maxMemoryBytes,
    });
  const starters: readonly (readonly [Service, () => Promise<PrivateServer>])[] = [
    ['redis', () => startRedis(env, { maxMemoryBytes: redis.maxMemoryBytes })],
    ['memcached', startCached],
    ['database', startDatabaseFile],
  ];
  const missing = starters.filter(
    ([service]) => target[service] === undefined && (service === 'database' || used.has(service)),
  );
  const outcomes = await Promise.allSettled(
    missing.map(async ([service, start]) => [service, await start()] as const),
  );
  const started = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed === undefined) return new PrivateServers(target, new Map(started));
  await Promise.all(started.map(([, server]) => server.stop()));
  throw failed.reason;
}

/** A private server of one tier, with this memory bound. @throws CachectlError `SERVER_NOT_STARTED` */
export function startServer(
  tier: 'redis' | 'memcached',
  env: Environment,
  maxMemoryBytes: number,
): Promise<PrivateServer> {
  return (tier === 'redis' ? startRedis : startMemcached)(env, { maxMemoryBytes });
}

/** A directory for the embedded database, which ends with us as a server would. */
async function startDatabaseFile(): Promise<PrivateServer> {
  const directory = await Supervised.start('database');
  return {
    url: `sqlite:${join(directory.dir, 'cachectl.db')}`,
    pid: directory.pid,
    ended: directory.ended,
    stop: () => directory.stop(),
  };
}
