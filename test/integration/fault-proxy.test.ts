import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { delay } from '../../src/base/deadline.ts';
import { seededRandom } from '../../src/base/random.ts';
import { FaultProxy } from '../../src/testbed/faults/proxy.ts';

/** Longer than a loopback needs, to see that something does not come. */
const SILENCE_MS = 80;

let server: Server;
let accepted: Socket[];
let heard: string;
let proxy: FaultProxy;

beforeEach(async () => {
  heard = '';
  accepted = [];
  server = createServer({ allowHalfOpen: true }, (socket) => {
    accepted.push(socket);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      heard += data.toString();
      socket.write(`got ${data.toString()};`);
    });
    socket.on('end', () => socket.end('bye'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy = await FaultProxy.start({ host: '127.0.0.1', port: portOf(server) }, systemClock, seededRandom(1));
});

afterEach(async () => {
  await proxy.stop();
  for (const socket of accepted) socket.destroy();
  if (server.listening) await new Promise((resolve) => server.close(resolve));
});

function portOf(listening: Server): number {
  const address = listening.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

interface Client {
  readonly socket: Socket;
  readonly said: () => string;
  /** Resolves with the code of the error that ended it, or `end`, or `close` without either. */
  readonly over: Promise<string>;
}

async function client(): Promise<Client> {
  const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
  let said = '';
  socket.on('data', (data) => (said += data.toString()));
  const over = new Promise<string>((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    socket.once('end', () => resolve('end'));
    socket.once('close', () => resolve('close'));
  });
  await new Promise<void>((resolve) => {
    socket.once('connect', () => resolve());
    socket.once('error', () => resolve());
  });
  return { socket, said: () => said, over };
}

async function asks(asker: Client, question: string): Promise<void> {
  asker.socket.write(question);
  await vi.waitFor(() => expect(asker.said()).toContain(`got ${question};`));
}

describe('an open way', () => {
  test('passes both directions, and the end of one without the other', async () => {
    const one = await client();
    await asks(one, 'a');
    one.socket.end('b');
    await vi.waitFor(() => expect(one.said()).toBe('got a;got b;bye'));
    expect(await one.over).toBe('end');
  });

  test('a server that is not there resets who comes', async () => {
    await new Promise((resolve) => server.close(resolve));
    const one = await client();
    expect(await one.over).toBe('ECONNRESET');
  });

  test('a reader that reads nothing stops the writer, and nothing is lost', async () => {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const chunks = 512;
    const one = await client();
    one.socket.pause();
    await vi.waitFor(() => expect(accepted.length).toBe(1));
    const [source] = accepted;
    if (source === undefined) throw new Error('nobody was accepted');
    let taken = 0;
    for (let i = 0; i < chunks; i++) source.write(chunk, () => taken++);
    await vi.waitFor(() => expect(taken).toBeGreaterThan(0));
    for (let before = -1; before !== taken; await delay(systemClock, 5 * SILENCE_MS)) before = taken;
    // what the kernel holds on both sides, and a megabyte on the way
    expect(taken).toBeLessThan(chunks * 0.75);
    one.socket.resume();
    await vi.waitFor(() => expect(one.said().length).toBe(chunks * chunk.length), { timeout: 10_000 });
    expect(taken).toBe(chunks);
  }, 20_000);
});

describe('a slow way', () => {
  test('delays each direction, keeps the order, and holds back what bandwidth does not let through', async () => {
    const one = await client();
    await asks(one, 'before');
    await proxy.set({ is: 'slow', delayMs: 60, jitterMs: 50, bandwidth: 1_000_000 });
    const sentMs = systemClock.nowMs();
    const words = Array.from({ length: 20 }, (_, i) => `word ${i} `);
    for (const word of words) {
      one.socket.write(word);
      await delay(systemClock, 2);
    }
    await vi.waitFor(() => expect(heard).toBe(`before${words.join('')}`));
    expect(systemClock.nowMs() - sentMs).toBeGreaterThan(10);
    const largeMs = systemClock.nowMs();
    one.socket.write('y'.repeat(500_000));
    await vi.waitFor(() => expect(heard.length).toBeGreaterThanOrEqual(500_000), { timeout: 5000 });
    expect(systemClock.nowMs() - largeMs).toBeGreaterThan(450);
  });

  test('what was sent slowly is not overtaken when the way is open again', async () => {
    const one = await client();
    await proxy.set({ is: 'slow', delayMs: 150, jitterMs: 0, bandwidth: Infinity });
    one.socket.write('slow,');
    await delay(systemClock, SILENCE_MS);
    await proxy.set({ is: 'open' });
    one.socket.write('fast');
    await vi.waitFor(() => expect(heard).toBe('slow,fast'));
  });
});

describe('a partition', () => {
  test('nothing passes and nothing closes; afterwards what was sent arrives', async () => {
    const one = await client();
    await asks(one, 'a');
    await proxy.set({ is: 'partition' });
    one.socket.write('late');
    accepted[0]?.write('late too');
    await delay(systemClock, SILENCE_MS);
    expect([heard, one.said()]).toEqual(['a', 'got a;']);
    await proxy.set({ is: 'open' });
    await vi.waitFor(() => expect(heard).toBe('alate'));
    await vi.waitFor(() => expect(one.said()).toContain('late too'));
  });

  test('new connections are accepted and hear nothing; the server hears of them when it is over', async () => {
    await proxy.set({ is: 'partition' });
    const one = await client();
    one.socket.write('hello');
    await delay(systemClock, SILENCE_MS);
    expect([accepted.length, one.said()]).toEqual([0, '']);
    await proxy.set({ is: 'open' });
    await vi.waitFor(() => expect(one.said()).toBe('got hello;'));
  });

  test('an end is held back too: the server hears of it when it is over', async () => {
    const one = await client();
    await asks(one, 'a');
    await proxy.set({ is: 'partition' });
    one.socket.end();
    await delay(systemClock, SILENCE_MS);
    expect(accepted[0]?.readableEnded).toBe(false);
    await proxy.set({ is: 'open' });
    expect(await one.over).toBe('end');
    expect(accepted[0]?.readableEnded).toBe(true);
  });
});

test('a way that resets: the open connections and new ones, until it is open again', async () => {
  const one = await client();
  await asks(one, 'a');
  await proxy.set({ is: 'reset' });
  expect(await one.over).toBe('ECONNRESET');
  expect(await (await client()).over).toBe('ECONNRESET');
  await proxy.set({ is: 'open' });
  await asks(await client(), 'b');
});

test('a way that refuses: open connections end, and nobody listens until it is open again, on the same port', async () => {
  const one = await client();
  await asks(one, 'a');
  const { port } = proxy;
  await proxy.set({ is: 'refuse' });
  expect(await one.over).toBe('end');
  expect(await (await client()).over).toBe('ECONNREFUSED');
  await proxy.set({ is: 'open' });
  expect(proxy.port).toBe(port);
  await asks(await client(), 'b');
});

test('from one fault to the next, and to the end, without being open in between', async () => {
  const one = await client();
  await proxy.set({ is: 'partition' });
  const two = await client();
  await proxy.set({ is: 'reset' });
  expect([await one.over, await two.over]).toEqual(['ECONNRESET', 'ECONNRESET']);
  await proxy.set({ is: 'refuse' });
  await proxy.set({ is: 'partition' });
  await client();
  await proxy.stop();
  expect(await (await client()).over).toBe('ECONNREFUSED');
});
