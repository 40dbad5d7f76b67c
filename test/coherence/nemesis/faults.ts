import type { Random } from '../../../src/base/random.ts';
import type { Crew } from './crew.ts';
import { allKeys, groupOf } from './keys.ts';
import { NAMESPACE } from './protocol.ts';
import type { Direction, Proxy } from './proxy.ts';
import type { PlayedServer } from './servers.ts';

/** What is done to the instances and servers. */
export interface Fault {
  readonly name: string;
  /** Begins; resolves to how it is ended, or undefined when it is over. */
  begin(): Promise<Begun>;
}

export interface Begun {
  /** Whom it struck, for reports. */
  readonly what: string;
  readonly forMs?: number;
  readonly end?: () => Promise<void> | void;
}

export interface Victims {
  readonly crew: Crew;
  readonly servers: readonly PlayedServer[];
  readonly random: Random;
}

/** All faults that these servers allow. */
export function faultsOf(victims: Victims): readonly Fault[] {
  const faults = [...instanceFaults(victims)];
  for (const server of victims.servers) {
    faults.push(...wayFaults(server, victims));
    if (server.kind !== 'database')
      faults.push(...serverFaults(server, victims), ...lossFaults(server, victims));
    if (server.kind === 'redis') faults.push(...redisFaults(server, victims));
  }
  return faults;
}

function instanceFaults({ crew, random }: Victims): Fault[] {
  const place = (): number => Math.floor(random.next() * crew.all.length);
  const nameAt = (at: number): string => `instance ${crew.all[at]?.part.serial}`;
  const restart = (how: 'killed' | 'leaving'): Fault => ({
    name: `instance ${how}`,
    begin: async () => {
      const at = place();
      const name = nameAt(at);
      await crew.restart(at, how);
      return { what: `${name}, followed by ${nameAt(at)}` };
    },
  });
  return [
    {
      name: 'instance stopped',
      begin: async () => {
        const at = place();
        const instance = crew.all[at];
        instance?.signal('SIGSTOP');
        const end = (): void => instance?.signal('SIGCONT');
        return { what: nameAt(at), forMs: between(random, 200, 3000), end };
      },
    },
    {
      name: 'instance busy',
      begin: async () => {
        const at = place();
        const forMs = between(random, 300, 2000);
        crew.all[at]?.order({ do: 'spin', forMs });
        return { what: nameAt(at), forMs };
      },
    },
    restart('killed'),
    restart('leaving'),
  ];
}

/** Half-open connections between one instance and a server. */
function wayFaults(server: PlayedServer, { random, crew }: Victims): Fault[] {
  const pick = (): { way: Proxy; what: string } => {
    const at = Math.floor(random.next() * server.ways.length);
    const way = server.ways[at];
    if (way === undefined) throw new Error('there is no way');
    return { way, what: `instance ${crew.all[at]?.part.serial} – ${server.kind}` };
  };
  const hold = (direction: Direction, after: 'resume' | 'cut'): Fault => ({
    name: `${server.kind}: half-open ${direction}, then ${after}`,
    begin: async () => {
      const { way, what } = pick();
      way.hold(direction);
      return { what, forMs: between(random, 500, 3000), end: () => way[after]() };
    },
  });
  const holdOne = (direction: Direction, longestMs: number): Fault => ({
    name: `${server.kind}: one connection half-open ${direction}`,
    begin: async () => {
      const { way, what } = pick();
      way.holdOne(direction, random.nextUint32());
      return { what, forMs: between(random, 5, longestMs), end: () => way.resume() };
    },
  });
  return [
    ...(['to-server', 'to-client', 'both'] as const).flatMap((direction) => [
      hold(direction, 'resume'),
      hold(direction, 'cut'),
    ]),
    holdOne('to-server', 1000),
    holdOne('to-client', 1000),
    {
      name: `${server.kind}: connections cut`,
      begin: async () => {
        const { way, what } = pick();
        way.cut();
        return { what };
      },
    },
  ];
}

function serverFaults(server: PlayedServer, { random }: Victims): Fault[] {
  return [
    {
      name: `${server.kind}: stopped`,
      begin: async () => {
        server.signal('SIGSTOP');
        return { what: '', forMs: between(random, 200, 3000), end: () => server.signal('SIGCONT') };
      },
    },
    {
      name: `${server.kind}: killed and restarted`,
      begin: async () => {
        await server.kill();
        return { what: '', forMs: between(random, 0, 1500), end: () => server.restart() };
      },
    },
  ];
}

function command(server: PlayedServer, name: string, words: () => readonly string[]): Fault {
  return {
    name: `${server.kind}: ${name}`,
    begin: async () => {
      const all = words();
      await server.command(...all);
      return { what: all.slice(1).join(' ') };
    },
  };
}

function lossFaults(server: PlayedServer, { random }: Victims): Fault[] {
  const key = (): string => allKeys[Math.floor(random.next() * allKeys.length)] ?? '';
  if (server.kind === 'memcached') {
    const tag = (): string => `~tag:${NAMESPACE.length}:${NAMESPACE}:${groupOf(key())}`;
    return [
      command(server, 'everything lost', () => ['flush_all']),
      command(server, 'entry lost', () => ['delete', `${NAMESPACE}:${key()}`]),
      command(server, 'page of the ledger lost', () => ['delete', `~page:${NAMESPACE}`]),
      command(server, 'tag lost', () => ['delete', tag()]),
    ];
  }
  const tag = (): string => `${NAMESPACE}:~tag:${groupOf(key())}`;
  return [
    command(server, 'everything lost', () => ['FLUSHALL']),
    command(server, 'entry and lease lost', () => {
      const stored = `${NAMESPACE}:${key()}`;
      return ['UNLINK', stored, `{${stored}}~lease`];
    }),
    command(server, 'page of the ledger lost', () => ['UNLINK', `${NAMESPACE}:~ledger`]),
    command(server, 'tag lost', () => ['UNLINK', tag()]),
    command(server, 'members lost', () => ['UNLINK', `{${NAMESPACE}:~bus}~members`]),
  ];
}

function redisFaults(server: PlayedServer, { random }: Victims): Fault[] {
  return [
    command(server, 'subscribers cut', () => ['CLIENT', 'KILL', 'TYPE', 'pubsub']),
    command(server, 'publishers cut', () => ['CLIENT', 'KILL', 'TYPE', 'normal']),
    {
      name: 'redis: all clients cut',
      begin: async () => {
        await Promise.all([
          server.command('CLIENT', 'KILL', 'TYPE', 'pubsub'),
          server.command('CLIENT', 'KILL', 'TYPE', 'normal'),
        ]);
        return { what: '' };
      },
    },
    {
      name: 'redis: evicting',
      begin: async () => {
        await server.command('CONFIG', 'SET', 'maxmemory', '900kb');
        const end = async (): Promise<void> =>
          void (await server.command('CONFIG', 'SET', 'maxmemory', '256mb'));
        return { what: '', forMs: between(random, 200, 1500), end };
      },
    },
  ];
}

function between(random: Random, low: number, high: number): number {
  return low + random.next() * (high - low);
}
