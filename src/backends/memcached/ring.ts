import { hash as digestOf } from 'node:crypto';

/** Points on the ring for each server, as in libketama. */
const POINTS_PER_SERVER = 160;
const POINTS_PER_DIGEST = 4;

/**
 * Consistent hashing as libketama does it (Jones, 2007: 40 MD5 digests a server, four little-endian points of
 * each): when one of N servers is added or removed, about 1/N of the keys move. A server that is down keeps its
 * place, so that no key is written elsewhere and found stale when the server returns.
 */
export class Ring {
  readonly #points: Uint32Array;
  readonly #owners: Uint16Array;

  /** @param servers names as `host:port`, in any order: the order of the list does not move keys. */
  constructor(servers: readonly string[]) {
    const points = servers.flatMap((server, owner) =>
      Array.from({ length: POINTS_PER_SERVER }, (_, i) => {
        const digest = md5(`${server}-${Math.floor(i / POINTS_PER_DIGEST)}`);
        return { point: digest.readUInt32LE((i % POINTS_PER_DIGEST) * 4), owner };
      }),
    );
    points.sort(
      (a, b) => a.point - b.point || (servers[a.owner] ?? '').localeCompare(servers[b.owner] ?? ''),
    );
    this.#points = Uint32Array.from(points, ({ point }) => point);
    this.#owners = Uint16Array.from(points, ({ owner }) => owner);
  }

  /** Index of the server that holds the key: the owner of the first point at or after the key's hash. */
  ownerOf(key: string | Uint8Array): number {
    const hash = md5(key).readUInt32LE(0);
    let low = 0;
    let high = this.#points.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#points[middle] ?? 0) < hash) low = middle + 1;
      else high = middle;
    }
    return this.#owners[low === this.#points.length ? 0 : low] ?? 0;
  }
}

function md5(data: string | Uint8Array): Buffer {
  return digestOf('md5', data, 'buffer');
}
