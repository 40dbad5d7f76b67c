import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** The example of the documentation, as somebody writes it who has installed the package. */
const EXAMPLE = `
import { createCache, openMemory } from 'cachectl';
import { assertCacheHit, assertCacheMiss, chaosBackend, fakeClock, sharedServer } from 'cachectl/testing';

const clock = fakeClock();
const connect = sharedServer({ clock });
const server = chaosBackend(connect(), { clock });
const cache = createCache({
  namespace: 'shop',
  tiers: [{ tier: openMemory({ clock }), ttl: '1m' }, { tier: server, ttl: '30m' }],
  clock,
});
const other = createCache({ namespace: 'shop', tiers: [openMemory({ clock }), connect()], clock });

await cache.set('price:1', 42);
await assertCacheHit(cache, 'price:1', 'l1');
await assertCacheHit(other, 'price:1', 'shared');
await clock.advance(3_600_000);
await assertCacheMiss(cache, 'price:1');

server.line.inject({ state: 'down' });
let loads = 0;
const value = await cache.getOrLoad('price:2', () => { loads++; return 7; });
server.line.heal();
const failure = await assertCacheMiss(cache, 'price:2').then(() => undefined, (error) => error);
console.log(JSON.stringify({ value, loads, failure: failure?.message, name: failure?.name }));
await Promise.all([cache.close(), other.close(), clock.advance(10_000)]);
`;

test('cachectl/testing works from the built package', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', EXAMPLE], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    timeout: 20_000,
  });
  expect(JSON.parse(stdout)).toEqual({
    value: 7,
    loads: 1,
    failure: "expected a miss for 'price:2' of namespace 'shop', got a hit in l1: 7",
    name: 'AssertionError',
  });
});
