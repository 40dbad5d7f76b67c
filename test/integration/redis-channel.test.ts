import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { openRedis } from '../../src/backends/redis/open.ts';
import { systemClock } from '../../src/base/clock.ts';
import { openChannel } from '../../src/engine/coherence/bus-channel.ts';
import { conclude, type Channel, type Tidings } from '../../src/engine/coherence/channel.ts';
import { stampOf, trusts } from '../../src/engine/coherence/trust.ts';
import type { CoherenceLevel } from '../../src/engine/options.ts';
import { startRedis } from '../../src/testbed/servers/redis.ts';
import { freePort, type PrivateServer } from '../../src/testbed/servers/server.ts';
import { eventually } from '../contract/tier-contract.ts';

const BOUND_MS = 500;
/** How late a timer of these tests may be. */
const SLACK_MS = 100;

interface Peer {
  readonly backend: Backend;
  readonly channel: Channel;
  readonly told: string[];
  /** When each key was heard of. */
  readonly heardMs: Map<string, number>;
}

let server: PrivateServer;
let admin: Redis;
let peers: Peer[];
beforeEach(async () => {
  server = await startRedis(process.env, { listen: await freePort() });
  admin = new Redis(server.url);
  peers = [];
});
afterEach(async () => {
  await Promise.all(peers.map(({ channel }) => channel.close()));
  await Promise.all(peers.map(({ backend }) => backend.close()));
  admin.disconnect();
  await server.stop();
});

async function peer(instance: string, level: CoherenceLevel = 'bounded'): Promise<Peer> {
  const backend = await openRedis({ url: server.url, deadlineMs: 300 });
  const bus = backend.openBus?.('channel');
  if (bus === undefined) throw new Error('redis has a bus');
  const told: string[] = [];
  const heardMs = new Map<string, number>();
  const channel = openChannel({
    bus,
    level,
    boundMs: BOUND_MS,
    instance,
    clock: systemClock,
    listener: {
      onTidings: ({ keys }) => {
        for (const key of keys) heardMs.set(key, performance.now());
      },
      onServerChange: () => {},
      onGap: (why) => told.push(`gap ${why}`),
      onState: (state) => told.push(state),
    },
  });
  const made = { backend, channel, told, heardMs };
  peers.push(made);
  await channel.start();
  return made;
}

const keys = (...names: readonly string[]): Tidings => ({ keys: names, tags: [], page: false });
const proven = ({ channel }: Peer): boolean => performance.now() < channel.trust.provenUntilMs;
const quiet = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('the channel over Redis', () => {
  test('is proven when start resolves, and stays so', async () => {
    const [a, b] = [await peer('a'), await peer('b')];
    expect([proven(a), proven(b)]).toEqual([true, true]);
    a.told.length = 0;
    b.told.length = 0;
    for (let n = 0; n < 20; n++) {
      await quiet(BOUND_MS / 10);
      expect([proven(a), proven(b)]).toEqual([true, true]);
    }
    expect([a.told, b.told]).toEqual([[], []]);
  });

  test('tidings that ride with the invalidation of a key', async () => {
    const [a, b] = [await peer('a', 'strict'), await peer('b', 'strict')];
    const fenced = a.backend.tier.fenced;
    if (fenced === undefined) throw new Error('redis is fenced');
    const draft = a.channel.draft(keys('k'));
    const announced = await fenced.invalidate(['k'], draft.notice);
    // The bus and the tier share a connection, so the notice is published by the invalidation's script.
    const audience = announced.audience?.map(({ member }) => member.split('#')[0]);
    expect(audience).toEqual(expect.arrayContaining(['a', 'b']));
    await conclude(draft, announced);
    expect(b.heardMs.has('k')).toBe(true);
  });

  test('a server that stands still: nobody trusts after the bound; all do again when it goes on', async () => {
    const [a, b] = [await peer('a'), await peer('b')];
    // Its connection outlives the stop, so it hears all that the server takes.
    const witness = new Redis(server.url);
    const published: string[] = [];
    witness.on('message', (_channel: string, message: string) => published.push(message));
    await witness.subscribe('channel');
    const stoppedMs = performance.now();
    const generations = [a, b].map(({ channel }) => channel.trust.generation);
    process.kill(server.pid, 'SIGSTOP');
    // The channel answers `bounded` although the message is kept.
    await a.channel.draft(keys('kept')).publish();
    // Timers may fire a fraction of a millisecond early.
    while (performance.now() < stoppedMs + BOUND_MS) await quiet(1);
    for (const { channel } of [a, b]) {
      expect(channel.trust.provenUntilMs).toBeLessThanOrEqual(stoppedMs + BOUND_MS);
      expect(trusts(channel.trust, stampOf(channel.trust, stoppedMs), performance.now())).toBe(false);
    }
    await quiet(SLACK_MS);
    expect([a.told.at(-1), b.told.at(-1)]).toEqual(['lost', 'lost']);
    await quiet(2000);
    process.kill(server.pid, 'SIGCONT');
    await eventually(async () => expect([proven(a), proven(b)]).toEqual([true, true]));
    [a, b].forEach(({ channel }, n) =>
      expect(channel.trust.generation).toBeGreaterThan(generations[n] ?? Infinity),
    );
    // It may go out before the others listen again; they have begun a new generation then.
    await eventually(async () => expect(published.join()).toContain('"kept"'));
    const missed = b.told.slice(b.told.indexOf('lost')).includes('gap the bus was down');
    expect(b.heardMs.has('kept') || missed).toBe(true);
    witness.disconnect();
  });

  test('a subscriber that is cut off: not trusted at once, and again after a gap', async () => {
    const [a, b] = [await peer('a'), await peer('b')];
    const { generation } = b.channel.trust;
    const stamp = stampOf(b.channel.trust, performance.now() - BOUND_MS);
    await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await a.channel.draft(keys('while cut off')).publish();
    await eventually(async () => expect(b.channel.trust.generation).toBeGreaterThan(generation));
    await eventually(async () => expect([proven(a), proven(b)]).toEqual([true, true]));
    expect(b.told.slice(b.told.indexOf('lost'))).toContain('gap the bus was down');
    expect(trusts(b.channel.trust, stamp, performance.now())).toBe(false);
    await a.channel.draft(keys('after')).publish();
    await eventually(async () => expect(b.heardMs.has('after')).toBe(true));
  });

  test('strict: everybody has heard when it resolves; who vanished is waited for', async () => {
    const [a, b, gone] = [await peer('a', 'strict'), await peer('b', 'strict'), await peer('gone', 'strict')];
    for (let n = 0; n < 200; n++) {
      await a.channel.draft(keys(`k${n}`)).publish();
      expect([b.heardMs.has(`k${n}`), gone.heardMs.has(`k${n}`)]).toEqual([true, true]);
    }
    const { provenUntilMs } = gone.channel.trust;
    await gone.backend.close(); // a process that ends without a word
    await a.channel.draft(keys('last')).publish();
    expect(performance.now()).toBeGreaterThanOrEqual(
      Math.min(provenUntilMs, gone.channel.trust.provenUntilMs),
    );
    expect(b.heardMs.has('last')).toBe(true);
    const startMs = performance.now();
    await a.channel.draft(keys('next')).publish();
    expect(performance.now() - startMs).toBeLessThan(SLACK_MS);
  });

  test('a server that forgets its audience does not make `strict` forget an instance', async () => {
    const [a, b] = [await peer('a', 'strict'), await peer('b', 'strict')];
    await admin.flushall();
    await a.channel.draft(keys('k')).publish();
    expect(b.heardMs.has('k') || !proven(b)).toBe(true);
  });

  test('delivery takes milliseconds', async () => {
    const [a, b] = [await peer('a'), await peer('b')];
    const tookMs: number[] = [];
    for (let n = 0; n < 2000; n++) {
      const sentMs = performance.now();
      await a.channel.draft(keys(`k${n}`)).publish();
      while (!b.heardMs.has(`k${n}`)) await new Promise((resolve) => setImmediate(resolve));
      tookMs.push((b.heardMs.get(`k${n}`) ?? Infinity) - sentMs);
    }
    tookMs.sort((x, y) => x - y);
    const [p50 = Infinity, p99 = Infinity] = [tookMs[1000], tookMs[1980]];
    process.stdout.write(
      `delivery over Redis, one at a time: p50 ${p50.toFixed(3)} ms, p99 ${p99.toFixed(3)} ms\n`,
    );
    expect(p50).toBeLessThan(50);
  });
});
