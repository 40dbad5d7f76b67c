import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { FaultKind } from '../../config/scenario.ts';
import type { PrivateServers } from '../private-servers.ts';
import type { Service, Target } from '../target.ts';
import type { Pace } from './flow.ts';
import { FaultProxy } from './proxy.ts';
import { wayTo } from './way.ts';

/** What can be done to the servers of a bed. */
export class Faults {
  readonly #servers: PrivateServers;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(servers: PrivateServers, clock: Clock, random: Random) {
    this.#servers = servers;
    this.#clock = clock;
    this.#random = random;
  }

  /** Opens a way to a server on which it can be disturbed. @throws CachectlError `NOT_SUPPORTED` as {@link wayTo} does */
  async openWay(service: Service): Promise<DisturbedServer> {
    const { server, through } = wayTo(service, this.#servers.target[service] ?? '');
    const proxy = await FaultProxy.start(server, this.#clock, this.#random.fork(service));
    const target = { ...this.#servers.target, [service]: through(proxy.port) };
    return new DisturbedServer(service, target, proxy, this.#servers);
  }
}

/** A server that can be disturbed, for those who connect by its target. */
export class DisturbedServer {
  /** That of the bed, with the way in place of the server's own address. */
  readonly target: Target;
  readonly #service: Service;
  readonly #proxy: FaultProxy;
  readonly #servers: PrivateServers;
  #fault: FaultKind | undefined;

  constructor(service: Service, target: Target, proxy: FaultProxy, servers: PrivateServers) {
    this.#service = service;
    this.target = target;
    this.#proxy = proxy;
    this.#servers = servers;
  }

  /** Resolves when the fault is there; `pace` is for `slow`. @throws CachectlError `NOT_SUPPORTED` for a signal to a given server */
  async begin(fault: FaultKind, pace: Pace): Promise<void> {
    if (fault === 'stop') await this.#servers.signal(this.#service, 'STOP');
    if (fault === 'kill') await this.#servers.kill(this.#service);
    this.#fault = fault;
    if (fault === 'slow') await this.#proxy.set({ is: 'slow', ...pace });
    // where a server is dead nobody listens
    else if (fault === 'kill') await this.#proxy.set({ is: 'refuse' });
    else if (fault !== 'stop') await this.#proxy.set({ is: fault });
  }

  /** Takes the fault away, if there is one; a server that was killed answers again when this resolves. */
  async end(): Promise<void> {
    const fault = this.#fault;
    this.#fault = undefined;
    if (fault === 'stop') await this.#servers.signal(this.#service, 'CONT');
    if (fault === 'kill') await this.#servers.startAgain(this.#service);
    if (fault !== undefined) await this.#proxy.set({ is: 'open' });
  }

  /** Ends the fault, then the way. */
  async close(): Promise<void> {
    try {
      await this.end();
    } finally {
      await this.#proxy.stop();
    }
  }
}
