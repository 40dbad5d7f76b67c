import { mix32 } from '../../../base/random.ts';

/** A hash of 32 bits, as a signed integer: FNV-1a (Fowler, Noll and Vo) over UTF-16 units, its bits mixed. */
export function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return mix32(hash) | 0;
}
