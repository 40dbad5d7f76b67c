import { asyncCacheDedupe } from './async-cache-dedupe.ts';
import { bentocache } from './bentocache.ts';
import { cacheManager } from './cache-manager.ts';
import { cacheable } from './cacheable.ts';
import { cachified } from './cachified.ts';
import { engine } from './engine.ts';
import type { Library } from './peer.ts';
import { tenLines } from './ten-lines.ts';

/** All that are compared. The first is ours, the second what the others are measured against. */
export const LIBRARIES: readonly Library[] = [
  engine,
  tenLines,
  bentocache,
  cacheable,
  cacheManager,
  cachified,
  asyncCacheDedupe,
];

/** @throws Error when there is none of this name */
export function libraryOf(name: string): Library {
  const found = LIBRARIES.find((library) => library.name === name);
  if (found === undefined)
    throw new Error(`no library ${name}: ${LIBRARIES.map((one) => one.name).join(', ')}`);
  return found;
}
