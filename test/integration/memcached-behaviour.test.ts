import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startOnTcp, type TestServers } from '../contract/memcached-servers.ts';
import { bytes, cleanUp, codeOf, listen, open, startWith, withCode } from './memcached-stage.ts';

describe('on a running server', () => {
  let testServers: TestServers;
  beforeAll(async () => {
    testServers = await startOnTcp();
  });
  afterAll(() => testServers?.stop());

  test('replies after the deadline never reach another call', async () => {
    const { tier } = await open(testServers.servers, { deadlineMs: 400 });
    await tier.setMany(['a', 'b', 'c'].map((key) => ({ key, value: bytes(key.repeat(3)) })));
    await testServers.faults.freeze();
    await expect(Promise.all([tier.get('a'), tier.getMany(['a', 'b'])])).rejects.toEqual(
      withCode('DEADLINE_EXCEEDED'),
    );
    await sleep(100);
    const afterwards = ['c', 'b', 'c'].map((key) => tier.get(key));
    await testServers.faults.thaw();
    const values = (await Promise.all(afterwards)).map((hit) => Buffer.from(hit?.value ?? []).toString());
    expect(values).toEqual(['ccc', 'bbb', 'ccc']);
  });

  test('a server that stays silent is given up, and taken back when it answers', async () => {
    const { tier } = await open(testServers.servers, { deadlineMs: 400 });
    await testServers.faults.freeze();
    await expect(tier.get('a')).rejects.toEqual(withCode('DEADLINE_EXCEEDED'));
    await expect.poll(async () => codeOf(tier.get('a')), { timeout: 5000 }).toBe('SERVER_UNREACHABLE');
    const start = performance.now();
    await codeOf(tier.get('a'));
    expect(performance.now() - start).toBeLessThan(350);
    await testServers.faults.thaw();
    await expect
      .poll(
        async () =>
          tier.get('nothing').then(
            () => 'up',
            () => 'down',
          ),
        { timeout: 5000 },
      )
      .toBe('up');
  });

  test('a value up to the limit fits with the longest key; over it the other entries of a batch are stored', async () => {
    const { tier } = await open(testServers.servers);
    const limit = tier.capabilities.maxValueBytes;
    expect(limit).toBeGreaterThan(1_048_000);
    const key = 'k'.repeat(250);
    await tier.set(key, new Uint8Array(limit), 60_000);
    expect((await tier.get(key))?.value.byteLength).toBe(limit);
    const tooLarge = { key: 'large', value: new Uint8Array(limit + 1) };
    await expect(tier.setMany([tooLarge, { key: 'small', value: bytes('s') }])).rejects.toEqual(
      withCode('VALUE_TOO_LARGE'),
    );
    await expect(tier.setMany([tooLarge])).rejects.toEqual(withCode('VALUE_TOO_LARGE'));
    expect(await tier.get('small')).toBeDefined();
    expect(await tier.get('large')).toBeUndefined();
  });

  test('describe and stats tell what the server is', async () => {
    for (const driver of [undefined, 'memjs' as const]) {
      const backend = await open(testServers.servers, { driver });
      const { product, version, settings } = await backend.describe();
      expect(product).toBe('memcached');
      expect(version).toMatch(/^1\.\d+\.\d+/);
      expect(settings).toMatchObject({ maxbytes: '67108864', evictions: 'on', item_size_max: '1048576' });
      expect(await backend.tier.stats()).toMatchObject({ limitBytes: 67_108_864, evictions: 0 });
    }
  });

  test('a lease key longer than the server takes is hashed, and differs from a near one', async () => {
    const { lease } = await open(testServers.servers);
    const long = 'long '.repeat(100);
    const grant = await lease.acquire(long, 60_000);
    expect((await lease.acquire(long, 60_000)).granted).toBe(false);
    expect((await lease.acquire(`${long}x`, 60_000)).granted).toBe(true);
    expect(grant.granted && (await lease.release(long, grant.token))).toBe(true);
  });

  test('10,000 keys of a prefix, binary ones too, are deleted while others stay', async () => {
    const { tier } = await open(testServers.servers, { deadlineMs: 4000 });
    const wanted = Array.from({ length: 10_000 }, (_, i) => `p/ü ${i}${i % 3 === 0 ? '\n%' : ''}`);
    await tier.setMany([...wanted, 'p/u', 'q'].map((key) => ({ key, value: bytes('v') })));
    const [first, second] = await Promise.all([tier.deletePrefix('p/ü '), tier.deletePrefix('p/ü ')]);
    expect(first + second).toBe(10_000);
    expect((await tier.getMany(['p/u', 'q', 'p/ü 1'])).map((hit) => hit !== undefined)).toEqual([
      true,
      true,
      false,
    ]);
  });
});

test.each([['-X'], ['-o', 'no_lru_crawler']])(
  'a server that does not list its keys says so: %s %s',
  async (...options) => {
    const { server, port } = await startWith(...options);
    cleanUp.push(() => server.stop());
    const { tier } = await open(`127.0.0.1:${port}`);
    await expect(tier.deletePrefix('x')).rejects.toEqual(withCode('NOT_SUPPORTED'));
  },
);

test('a full server that may not evict says so, and the connection stays in step', async () => {
  const { server, port } = await startWith('-M', '-m', '8');
  cleanUp.push(() => server.stop());
  const { tier } = await open(`127.0.0.1:${port}`, { deadlineMs: 4000 });
  const entries = Array.from({ length: 400 }, (_, i) => ({ key: `k${i}`, value: new Uint8Array(100_000) }));
  await expect(tier.setMany(entries)).rejects.toEqual(withCode('SERVER_ERROR'));
  await tier.delete('k0');
  expect((await tier.getMany(['k1', 'k399'])).map((hit) => hit?.value.byteLength)).toEqual([
    100_000,
    undefined,
  ]);
});

test('one dead server of three: its keys reject at once, the others are served, and no key moves', async () => {
  const three = [await startOnTcp(), await startOnTcp(), await startOnTcp()];
  cleanUp.push(async () => Promise.all(three.map((one) => one.stop())));
  const { tier } = await open(three.map(({ servers }) => servers).join(','));
  const keys = Array.from({ length: 60 }, (_, i) => `key ${i}`);
  await tier.setMany(keys.map((key) => ({ key, value: bytes(key) })));
  await three[1]?.faults.kill();
  await sleep(50);
  const start = performance.now();
  const outcomes = await Promise.allSettled(keys.map((key) => tier.get(key)));
  expect(performance.now() - start).toBeLessThan(900);
  const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
  expect(failed.length).toBeGreaterThan(5);
  expect(failed.length).toBeLessThan(40);
  for (const outcome of failed) expect(outcome.reason).toEqual(withCode('SERVER_UNREACHABLE'));
  expect(outcomes.filter((outcome) => outcome.status === 'fulfilled' && outcome.value === undefined)).toEqual(
    [],
  );
  await expect(tier.getMany(keys)).rejects.toEqual(withCode('SERVER_UNREACHABLE'));
});

test('garbage in the middle ends the connection, and a new one is made', async () => {
  let spoil = false;
  const greeting = 'STAT version 1.6.18\r\nSTAT time 1700000000\r\nEND\r\nEND\r\nMN\r\n';
  const port = await listen((socket) => {
    socket.on('data', (data) => {
      if (data.toString('latin1').startsWith('stats')) socket.write(greeting);
      else socket.write(spoil ? 'what?\r\n' : 'EN\r\n');
    });
  });
  const { tier } = await open(`127.0.0.1:${port}`);
  expect(await tier.get('k')).toBeUndefined();
  spoil = true;
  await expect(tier.get('k')).rejects.toEqual(withCode('SERVER_ERROR'));
  spoil = false;
  await expect
    .poll(async () =>
      tier.get('k').then(
        () => 'up',
        () => 'down',
      ),
    )
    .toBe('up');
});
