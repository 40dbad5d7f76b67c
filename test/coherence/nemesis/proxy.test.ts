import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Proxy } from './proxy.ts';

let server: Server;
let proxy: Proxy;
let heard: string;
let accepted: Socket | undefined;

beforeEach(async () => {
  heard = '';
  server = createServer((socket) => {
    accepted = socket;
    socket.on('error', () => {});
    socket.on('data', (data) => {
      heard += data.toString();
      socket.write(`got ${data.toString()}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  proxy = await Proxy.start(typeof address === 'object' && address !== null ? address.port : 0);
});

afterEach(async () => {
  await proxy.stop();
  accepted?.destroy();
  await new Promise((resolve) => server.close(resolve));
});

async function client(): Promise<{ socket: Socket; answers: () => string }> {
  const socket = connect(proxy.port, '127.0.0.1');
  let answers = '';
  socket.on('data', (data) => (answers += data.toString()));
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  return { socket, answers: () => answers };
}

describe('the way to a server', () => {
  test('passes both directions', async () => {
    const { socket, answers } = await client();
    socket.write('a');
    await vi.waitFor(() => expect(answers()).toBe('got a'));
    socket.destroy();
  });

  test('held to the client: the server hears, the client does not, until it is resumed', async () => {
    const { socket, answers } = await client();
    proxy.hold('to-client');
    socket.write('a');
    await vi.waitFor(() => expect(heard).toBe('a'));
    expect(answers()).toBe('');
    proxy.resume();
    await vi.waitFor(() => expect(answers()).toBe('got a'));
    socket.destroy();
  });

  test('held to the server: what was sent arrives late, though its sender has hung up', async () => {
    const { socket } = await client();
    await vi.waitFor(() => expect(accepted).toBeDefined());
    proxy.hold('to-server');
    await new Promise<void>((resolve) => socket.end('late', resolve));
    socket.destroy();
    const other = await client();
    expect(heard).toBe('');
    proxy.resume();
    await vi.waitFor(() => expect(heard).toBe('late'));
    other.socket.destroy();
  });

  test('one held: the others overtake it', async () => {
    const [first, second] = [await client(), await client()];
    proxy.holdOne('to-client', 0);
    first.socket.write('a');
    second.socket.write('b');
    await vi.waitFor(() => expect(second.answers()).toBe('got b'));
    await vi.waitFor(() => expect([...heard].toSorted()).toEqual(['a', 'b']));
    expect(first.answers()).toBe('');
    proxy.resume();
    await vi.waitFor(() => expect(first.answers()).toBe('got a'));
    first.socket.destroy();
    second.socket.destroy();
  });

  test('cut: all connections end, new ones pass', async () => {
    const { socket } = await client();
    proxy.hold('both');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    proxy.cut();
    await closed;
    const { socket: next, answers } = await client();
    next.write('b');
    await vi.waitFor(() => expect(answers()).toBe('got b'));
    next.destroy();
  });
});
