import { connect, createServer, type Server, type Socket, type TcpSocketConnectOpts } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { CachectlError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { Flow, type Pace, UNDELAYED } from './flow.ts';

/** Where a server listens. */
export type Place = { readonly path: string } | { readonly host: string; readonly port: number };

/**
 * What a way to a server is like.
 *
 * - `open`: all passes.
 * - `slow`: all passes, at this pace.
 * - `partition`: nothing passes and nothing closes, not even what either side hangs up; the buffers of both sides fill.
 *   New connections are accepted, by the kernel, and hear nothing. When it ends, what was sent goes on, late: as on a
 *   network that was cut for a while and sent again.
 * - `reset`: open connections are reset (RST), and so are new ones.
 * - `refuse`: open connections are closed, and nobody listens: as when the server's process ends.
 */
export type WayState =
  | { readonly is: 'open' | 'partition' | 'reset' | 'refuse' }
  | ({ readonly is: 'slow' } & Pace);

interface Line {
  readonly client: Socket;
  readonly server: Socket;
  readonly flows: readonly [Flow, Flow];
}

/** A way to a server over TCP on this machine, which can be disturbed while connections are open. */
export class FaultProxy {
  readonly #server: Place;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #listener: Server;
  readonly #lines = new Set<Line>();
  /** Accepted while nothing passes: the server has not heard of them yet. */
  readonly #unheard = new Set<Socket>();
  #state: WayState = { is: 'open' };
  #port = 0;

  private constructor(server: Place, clock: Clock, random: Random) {
    this.#server = server;
    this.#clock = clock;
    this.#random = random;
    // half-open: an end in one direction is passed on, and the other direction stays as it is
    this.#listener = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) =>
      this.#accept(client),
    );
  }

  /** Listens on a port of 127.0.0.1 that is free; the server is connected to when somebody comes. */
  static async start(server: Place, clock: Clock, random: Random): Promise<FaultProxy> {
    const proxy = new FaultProxy(server, clock, random);
    await proxy.#listen();
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  /** @throws CachectlError `SERVER_NOT_STARTED` when somebody else took the port while nobody listened */
  async set(state: WayState): Promise<void> {
    this.#state = state;
    if (state.is === 'reset') this.#drop(reset);
    if (state.is === 'refuse') {
      this.#listener.close();
      this.#drop((client) => client.destroy());
    } else if (!this.#listener.listening) await this.#listen();
    for (const line of this.#lines) this.#disturb(line);
    if (state.is === 'partition') return;
    for (const client of this.#unheard) this.#join(client);
    this.#unheard.clear();
  }

  async stop(): Promise<void> {
    this.#drop((client) => client.destroy());
    if (!this.#listener.listening) return;
    await new Promise((resolve) => this.#listener.close(resolve));
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (cause: Error): void =>
        reject(new CachectlError('SERVER_NOT_STARTED', `a way to a server: ${cause.message}`, { cause }));
      this.#listener.once('error', fail);
      this.#listener.listen(this.#port, '127.0.0.1', () => {
        this.#listener.off('error', fail);
        const address = this.#listener.address();
        if (typeof address === 'object' && address !== null) this.#port = address.port;
        resolve();
      });
    });
  }

  #accept(client: Socket): void {
    client.on('error', () => {});
    if (this.#state.is === 'reset') reset(client);
    else if (this.#state.is === 'refuse') client.destroy();
    else if (this.#state.is === 'partition') this.#unheard.add(client);
    else this.#join(client);
  }

  #join(client: Socket): void {
    const options: TcpSocketConnectOpts | { path: string } =
      'path' in this.#server ? this.#server : { ...this.#server, noDelay: true };
    const server = connect({ ...options, allowHalfOpen: true });
    const flow = (from: Socket, to: Socket): Flow => new Flow(from, to, this.#clock, this.#random);
    const line: Line = { client, server, flows: [flow(client, server), flow(server, client)] };
    this.#lines.add(line);
    client.once('error', () => server.destroy());
    // a server that cannot be reached, or has reset, does so to the client
    server.once('error', () => reset(client));
    const closed = (): void => {
      if (client.destroyed && server.destroyed) this.#lines.delete(line);
    };
    client.once('close', closed);
    server.once('close', closed);
    this.#disturb(line);
  }

  #disturb({ flows }: Line): void {
    for (const flow of flows) {
      flow.pace = this.#state.is === 'slow' ? this.#state : UNDELAYED;
      if (this.#state.is === 'partition') flow.hold();
      else flow.resume();
    }
  }

  /** Ends all connections: those of clients as told, those to the server by closing them. */
  #drop(end: (client: Socket) => void): void {
    for (const { client, server } of this.#lines) {
      end(client);
      server.destroy();
    }
    for (const client of this.#unheard) end(client);
    this.#lines.clear();
    this.#unheard.clear();
  }
}

/**
 * Closes it by a RST; by a FIN where one is under way already. libuv refuses a reset then, Node takes the handle for
 * closed all the same (seen with 20.20), and at its end the process waits for the handle for ever.
 */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
