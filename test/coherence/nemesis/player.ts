import { delay } from '../../../src/base/deadline.ts';
import { type Clock, systemClock } from '../../../src/base/clock.ts';
import { messageOf } from '../../../src/base/errors.ts';
import type { Random } from '../../../src/base/random.ts';
import type { Cache } from '../../../src/engine/index.ts';
import { type Datum, isDatum } from '../sim/register.ts';
import { allKeys, groupKeys, groupOf } from './keys.ts';
import type { OriginClient } from './origin-client.ts';
import { FAILING } from './protocol.ts';
import type { Recorder } from './recorder.ts';

/** More operations than these do not run at once. */
const MOST_OPEN = 100;
const LONGEST_DELAY_MS = 8;
const FAILING_SHARE = 0.02;
/** Ids that the instance gives itself are of another range than those of all others. */
const IDS_PER_INSTANCE = 1_000_000_000;

export interface PlayerOptions {
  readonly cache: Cache;
  readonly origin: OriginClient;
  readonly recorder: Recorder;
  readonly random: Random;
  readonly serial: number;
  readonly nowMs: () => number;
}

type Act = (player: Player, key: string) => void;

const READ: Act = (player, key) => player.getOrLoad(key);

/** What an instance does at random, out of a thousand. */
const ACTS: readonly (readonly [weight: number, act: Act])[] = [
  [330, READ],
  [130, (player, key) => player.get(key)],
  [370, (player, key) => player.peek(key)],
  [60, (player) => player.getOrLoadMany()],
  [45, (player, key) => player.update([key], 'key')],
  [15, (player, key) => player.update(groupKeys(groupOf(key)), 'tag')],
  [10, (player, key) => player.update(groupKeys(groupOf(key)), 'pattern')],
  [2, (player) => player.update(allKeys, 'all')],
  [23, (player, key) => player.write(key)],
  [15, (player, key) => player.change(groupKeys(groupOf(key)).slice(0, 2))],
];

/** Calls the cache of an instance, and records what came of it. */
export class Player {
  readonly #options: PlayerOptions;
  readonly #clock: Clock = systemClock;
  #ids: number;

  constructor(options: PlayerOptions) {
    this.#options = options;
    this.#ids = options.serial * IDS_PER_INSTANCE;
  }

  act(): void {
    if (this.#options.recorder.open >= MOST_OPEN) return;
    const key = this.#pick(allKeys);
    let left = this.#options.random.next() * 1000;
    const [, act] = ACTS.find(([weight]) => (left -= weight) < 0) ?? [0, READ];
    act(this, key);
  }

  /** Reads everything when nothing goes on any more. */
  async readAll(): Promise<void> {
    await Promise.all(
      allKeys.map((key) => this.#read('getOrLoad', [key], () => this.#load(key, false), true)),
    );
  }

  getOrLoad(key: string): void {
    const fails = this.#options.random.next() < FAILING_SHARE;
    void this.#read('getOrLoad', [key], () => this.#load(key, fails));
  }

  get(key: string): void {
    void this.#read('get', [key], async () => [await this.#options.cache.get<Datum>(key)]);
  }

  peek(key: string): void {
    const { cache, recorder, nowMs } = this.#options;
    const startMs = nowMs();
    const datum = cache.peek<Datum>(key);
    if (datum !== undefined) {
      recorder.read({ key, how: 'peek', startMs, endMs: nowMs(), datum, isLast: false });
    }
  }

  lookAtAll(): void {
    for (const key of allKeys) this.get(key);
  }

  peekAll(): void {
    for (const key of allKeys) this.peek(key);
  }

  getOrLoadMany(): void {
    const { random, cache } = this.#options;
    const keys = allKeys.filter(() => random.next() < 0.2);
    const askedMs = this.#options.nowMs();
    const load = (missing: readonly string[]): Promise<Datum[]> => this.#fromOrigin(missing, askedMs, false);
    void this.#read('getOrLoadMany', keys, () => cache.getOrLoadMany<Datum>(keys, load));
  }

  /** Changes the data of some of the keys, and invalidates all of them. */
  update(keys: readonly string[], what: 'key' | 'tag' | 'pattern' | 'all'): void {
    const { cache, origin, random } = this.#options;
    const [first = ''] = keys;
    const group = groupOf(first);
    const changed = keys.length === 1 ? keys : keys.filter(() => random.next() < 0.5);
    void this.#invalidation(what, keys, async (covered) => {
      covered(await origin.install(changed));
      const startMs = this.#options.nowMs();
      if (what === 'key') await cache.delete(first);
      else if (what === 'tag') await cache.invalidate({ tags: [group] });
      else if (what === 'pattern') await cache.invalidate({ patterns: [`${group}:*`] });
      else await cache.clear();
      return startMs;
    });
  }

  write(key: string): void {
    const { cache, origin, nowMs } = this.#options;
    const id = ++this.#ids;
    const datum: Datum = { key, id, bornMs: nowMs() };
    void this.#invalidation('write', [key], async (covered) => {
      let atMs = 0;
      const save = async (): Promise<void> => {
        await this.#shortly();
        const answer = await origin.install([key], id);
        ({ atMs } = answer);
        covered(answer);
        await this.#shortly();
      };
      await cache.write(key, datum, save);
      return atMs;
    });
  }

  change(keys: readonly string[]): void {
    const { cache, origin } = this.#options;
    void this.#invalidation('change', keys, async (covered) => {
      let atMs = 0;
      await cache.change(keys, async () => {
        await this.#shortly();
        const answer = await origin.install(keys);
        ({ atMs } = answer);
        covered(answer);
      });
      return atMs;
    });
  }

  /** Makes up for changes whose invalidation died with its instance. */
  async repair(keys: readonly string[]): Promise<void> {
    const { cache, nowMs } = this.#options;
    await this.#invalidation('repair', keys, async () => {
      const startMs = nowMs();
      await cache.invalidate({ keys });
      return startMs;
    });
  }

  async #load(key: string, fails: boolean): Promise<Datum[]> {
    const { cache, nowMs } = this.#options;
    const askedMs = nowMs();
    const load = async (): Promise<Datum> => one(await this.#fromOrigin([key], askedMs, fails));
    return [await cache.getOrLoad<Datum>(key, load)];
  }

  async #fromOrigin(keys: readonly string[], askedMs: number, fails: boolean): Promise<Datum[]> {
    const { origin, recorder, nowMs } = this.#options;
    const startMs = nowMs();
    await this.#shortly();
    const ids = await origin.current(keys);
    await this.#shortly();
    const endMs = nowMs();
    const data = keys.map((key, i) => ({ key, id: ids[i] ?? 0, bornMs: endMs }));
    for (const datum of data) {
      recorder.load({ key: datum.key, askedMs, startMs, endMs, datum: fails ? undefined : datum });
    }
    if (fails) throw new Error(FAILING);
    return data;
  }

  #read(
    how: string,
    keys: readonly string[],
    call: () => Promise<readonly (Datum | undefined)[]>,
    isLast = false,
  ): Promise<void> {
    const { recorder, nowMs } = this.#options;
    const startMs = nowMs();
    return recorder.watch(`${how}(${keys.join(', ')}) since ${startMs.toFixed(0)} ms`, async () => {
      try {
        const data = await call();
        const endMs = nowMs();
        for (const [i, key] of keys.entries()) {
          const datum = data[i];
          recorder.read({ key, how, startMs, endMs, datum: isDatum(datum) ? datum : undefined, isLast });
        }
      } catch (error) {
        const message = messageOf(error);
        if (message.includes(FAILING) && !isLast) return;
        for (const key of keys) recorder.refused(key, startMs, `${how}(${key}): ${message}`);
      }
    });
  }

  /** @param change tells what it installed, and returns from when the invalidation covers everything */
  #invalidation(
    what: string,
    keys: readonly string[],
    change: (covered: (installed: { readonly ids: readonly number[] }) => void) => Promise<number>,
  ): Promise<void> {
    const { recorder, nowMs } = this.#options;
    const startMs = nowMs();
    let ids: readonly number[] = [];
    return recorder.watch(`${what}(${keys.join(', ')}) since ${startMs.toFixed(0)} ms`, async () => {
      const done = { keys, what, startMs };
      try {
        const coversMs = await change((installed) => ({ ids } = installed));
        recorder.invalidation({ ...done, ids, coversMs, endMs: nowMs() });
      } catch (error) {
        recorder.invalidation({ ...done, ids, coversMs: startMs, endMs: nowMs(), error: messageOf(error) });
      }
    });
  }

  #shortly(): Promise<void> {
    return delay(this.#clock, this.#options.random.next() * LONGEST_DELAY_MS);
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#options.random.next() * from.length)] as T;
  }
}

function one(data: readonly Datum[]): Datum {
  const [datum] = data;
  if (datum === undefined) throw new Error('the origin has nothing');
  return datum;
}
