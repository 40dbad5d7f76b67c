import { connect, createServer, type Server, type Socket } from 'node:net';

export type Direction = 'to-server' | 'to-client' | 'both';

/** One connection through the proxy: its two sockets, and what is held back on the way from each to the other. */
interface Line {
  readonly client: Socket;
  readonly server: Socket;
  readonly toServer: Held;
  readonly toClient: Held;
  held: Direction | undefined;
}

interface Held {
  readonly chunks: Buffer[];
  hasEnded: boolean;
}

/**
 * A way to a server over TCP that can fall silent without closing. What was sent meanwhile arrives late, even
 * when the sender has long hung up: as with a network that is cut for a while.
 */
export class Proxy {
  readonly #server: Server;
  readonly #lines = new Set<Line>();
  #held: Direction | undefined;

  private constructor(target: number) {
    this.#server = createServer((client) => this.#open(client, target));
  }

  static async start(target: number): Promise<Proxy> {
    const proxy = new Proxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Of all connections, new ones too. */
  hold(direction: Direction): void {
    this.#held = direction;
    for (const line of this.#lines) line.held = direction;
  }

  /** Of one connection: what comes over the others overtakes it. */
  holdOne(direction: Direction, place: number): void {
    const line = [...this.#lines][place % this.#lines.size];
    if (line !== undefined) line.held = direction;
  }

  resume(): void {
    this.#held = undefined;
    for (const line of this.#lines) {
      line.held = undefined;
      forward(line.toServer, line.server);
      forward(line.toClient, line.client);
    }
  }

  /** All connections end, with what is held back. */
  cut(): void {
    for (const { client, server } of this.#lines) {
      client.destroy();
      server.destroy();
    }
    this.#lines.clear();
    this.#held = undefined;
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #open(client: Socket, target: number): void {
    const server = connect({ port: target, host: '127.0.0.1', noDelay: true });
    client.setNoDelay(true);
    const line: Line = { client, server, toServer: nothing(), toClient: nothing(), held: this.#held };
    this.#lines.add(line);
    pass(client, server, line, 'to-server');
    pass(server, client, line, 'to-client');
    const closed = (): void => {
      if (client.destroyed && server.destroyed) this.#lines.delete(line);
    };
    client.once('close', closed);
    server.once('close', closed);
  }
}

function pass(from: Socket, to: Socket, line: Line, direction: Exclude<Direction, 'both'>): void {
  const held = direction === 'to-server' ? line.toServer : line.toClient;
  const isHeld = (): boolean => line.held === 'both' || line.held === direction;
  from.on('data', (chunk) => {
    held.chunks.push(chunk);
    if (!isHeld()) forward(held, to);
  });
  from.on('error', () => {});
  from.once('close', () => {
    held.hasEnded = true;
    if (!isHeld()) forward(held, to);
  });
}

function nothing(): Held {
  return { chunks: [], hasEnded: false };
}

function forward(held: Held, to: Socket): void {
  for (const chunk of held.chunks.splice(0)) to.write(chunk);
  if (held.hasEnded) to.end(() => to.destroySoon());
}
