import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Ring } from '../../../../src/backends/memcached/ring.ts';

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `10.0.0.${i + 1}:11211`);
const keys = Array.from({ length: 20_000 }, (_, i) => `user:${i}`);

describe('Ring', () => {
  test('places keys as libketama does', () => {
    // The definition, without the search: the owner of the smallest point at or after the key's hash.
    const servers = names(3);
    const points = servers
      .flatMap((server) =>
        Array.from({ length: 40 }, (_, i) => createHash('md5').update(`${server}-${i}`).digest()).flatMap(
          (digest) => [0, 4, 8, 12].map((at) => ({ server, point: digest.readUInt32LE(at) })),
        ),
      )
      .sort((a, b) => a.point - b.point);
    expect(points).toHaveLength(480);
    const ring = new Ring(servers);
    for (const key of keys.slice(0, 2000)) {
      const hash = createHash('md5').update(key).digest().readUInt32LE(0);
      const owner = points.find(({ point }) => point >= hash) ?? points[0];
      expect(servers[ring.ownerOf(key)]).toBe(owner?.server);
    }
  });

  test('each of 5 servers gets between half and one and a half times its share', () => {
    const ring = new Ring(names(5));
    const shares = Array.from({ length: 5 }, () => 0);
    for (const key of keys) shares[ring.ownerOf(key)] = (shares[ring.ownerOf(key)] ?? 0) + 1;
    for (const share of shares)
      expect(share / (keys.length / 5)).toSatisfy((x: number) => x > 0.5 && x < 1.5);
  });

  test('a server that is added takes its share, and no key moves between the others', () => {
    const before = new Ring(names(5));
    const after = new Ring(names(6));
    const moved = keys.filter((key) => before.ownerOf(key) !== after.ownerOf(key));
    expect(moved.every((key) => after.ownerOf(key) === 5)).toBe(true);
    expect(moved.length / keys.length).toBeGreaterThan(0.08);
    expect(moved.length / keys.length).toBeLessThan(0.25);
  });

  test('the order of the list does not matter, and text and its bytes are one key', () => {
    const servers = names(4);
    const turned = servers.toReversed();
    const ring = new Ring(servers);
    const other = new Ring(turned);
    for (const key of keys.slice(0, 1000)) {
      expect(servers[ring.ownerOf(key)]).toBe(turned[other.ownerOf(key)]);
      expect(ring.ownerOf(key)).toBe(ring.ownerOf(new Uint8Array(Buffer.from(key))));
    }
  });
});
