import { expect, test } from 'vitest';
import { MemjsClient } from '../../src/backends/memcached/memjs-client.ts';
import { systemClock } from '../../src/base/clock.ts';
import { cleanUp, codeOf, listen } from './memcached-stage.ts';

/** The binary protocol's answer to a `get` that found nothing; the request's number is copied into it. */
function notFound(request: Buffer): Buffer {
  const reply = Buffer.alloc(24);
  reply[0] = 0x81;
  reply[7] = 1;
  request.copy(reply, 12, 12, 16);
  return reply;
}

test('memjs: a connection that ends in mid-reply fails its calls at once, and the next one is in step', async () => {
  let connections = 0;
  const port = await listen((socket) => {
    const isFirst = connections++ === 0;
    socket.on('data', (request) => {
      const reply = notFound(request);
      if (isFirst) socket.end(reply.subarray(0, 10));
      else socket.write(reply);
    });
  });
  const client = new MemjsClient(
    { host: '127.0.0.1', port },
    { deadlineMs: 3000, clock: systemClock, credentials: undefined },
  );
  cleanUp.push(async () => client.close());
  const start = performance.now();
  expect(await codeOf(client.call((memjs) => memjs.get('k')))).toBe('SERVER_UNREACHABLE');
  expect(performance.now() - start).toBeLessThan(1000);
  expect(await client.call((memjs) => memjs.get('k'))).toMatchObject({ value: null });
  expect(connections).toBe(2);
});

test('memjs: its counter of calls does not run over', async () => {
  const port = await listen((socket) => socket.on('data', (request) => socket.write(notFound(request))));
  const client = new MemjsClient(
    { host: '127.0.0.1', port },
    { deadlineMs: 1000, clock: systemClock, credentials: undefined },
  );
  cleanUp.push(async () => client.close());
  for (let i = 0; i < 3; i++) {
    await client.call((memjs) => {
      Object.assign(memjs, { seq: 2 ** 31 - 2 });
      return memjs.get('k');
    });
  }
  await client.call((memjs) => {
    expect(memjs.seq).toBe(0);
    return memjs.get('k');
  });
});
