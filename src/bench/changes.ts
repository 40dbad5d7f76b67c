import type { InvalidateBy } from '../config/engine-schema.ts';
import type { Cache } from '../engine/index.ts';
import { keyName } from '../workload/key-names.ts';

/** Changes the data of a key by `save` and tells the cache; settles when it is told. */
export type Change = (key: number, save: () => Promise<void>) => Promise<void>;

/** How a cache is told of changes. */
export interface Telling {
  readonly change: Change;
  /** Tags of a key's entry. */
  readonly tagsOf: (key: number) => readonly string[];
}

/** Keys that fall together by tag, pattern or cascade: those whose names differ in the last digit only. */
const RELATED = 10;

const groupOf = (key: number): number => Math.floor(key / RELATED);
const sourceOf = (key: number): string => `source:${groupOf(key)}`;
const patternOf = (key: number): string => `${keyName(key).slice(0, -1)}?`;
const tagOf = (key: number): string => `related:${groupOf(key)}`;

const untagged = (): readonly string[] => [];

/** Data first, then the cache. */
const saveThen =
  (invalidate: (key: number) => Promise<void>): Change =>
  async (key, save) => {
    await save();
    await invalidate(key);
  };

const TELLINGS: Readonly<Record<InvalidateBy, (cache: Cache, keys: number) => Telling>> = {
  none: () => ({ change: (_key, save) => save(), tagsOf: untagged }),
  key: (cache) => ({ change: (key, save) => cache.change([keyName(key)], save), tagsOf: untagged }),
  tag: (cache) => ({
    change: saveThen((key) => cache.invalidate({ tags: [tagOf(key)] })),
    tagsOf: (key) => [tagOf(key)],
  }),
  pattern: (cache) => ({
    change: saveThen((key) => cache.invalidate({ patterns: [patternOf(key)] })),
    tagsOf: untagged,
  }),
  namespace: (cache) => ({ change: saveThen(() => cache.clear()), tagsOf: untagged }),
  cascade: (cache, keys) => {
    for (let key = 0; key < keys; key++) cache.dependencies.add(keyName(key), [sourceOf(key)]);
    return { change: (key, save) => cache.change([sourceOf(key)], save), tagsOf: untagged };
  },
};

/** Tells the cache in this way of changes of the keys from 0 to `keys`. */
export function tellBy(way: InvalidateBy, cache: Cache, keys: number): Telling {
  return TELLINGS[way](cache, keys);
}
