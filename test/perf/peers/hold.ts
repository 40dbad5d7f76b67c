import { connect, createServer, type Socket } from 'node:net';

/** A way to Redis that can be made worse, as networks are. */
export interface HeldWay {
  readonly url: string;
  /** What clients send waits; answers go through. */
  hold(): void;
  /** New connections are closed at once; the others stay. */
  refuse(): void;
  goOn(): void;
  close(): void;
}

export async function openHeldWay(url: string): Promise<HeldWay> {
  const { hostname, port } = new URL(url);
  const clients = new Set<Socket>();
  let isHeld = false;
  let isRefusing = false;
  const server = createServer({ noDelay: true }, (client) => {
    if (isRefusing) {
      client.destroy();
      return;
    }
    const redis = connect({ host: hostname, port: Number(port), noDelay: true });
    clients.add(client);
    client.pipe(redis).pipe(client);
    if (isHeld) client.pause();
    for (const [one, other] of [
      [client, redis],
      [redis, client],
    ] as const) {
      one.on('error', () => {});
      one.on('close', () => {
        clients.delete(client);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the way has no port');
  return {
    url: `redis://127.0.0.1:${address.port}`,
    hold: () => {
      isHeld = true;
      for (const client of clients) client.pause();
    },
    refuse: () => {
      isRefusing = true;
    },
    goOn: () => {
      isHeld = false;
      isRefusing = false;
      for (const client of clients) client.resume();
    },
    close: () => {
      server.close();
      for (const client of clients) client.destroy();
    },
  };
}
