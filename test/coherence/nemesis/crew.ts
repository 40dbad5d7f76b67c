import type { Random } from '../../../src/base/random.ts';
import type { CoherenceLevel } from '../../../src/engine/options.ts';
import { Instance } from './instance.ts';
import type { Origin } from './origin.ts';
import { type PlayedServer, urlsOf } from './servers.ts';

const HOUR_MS = 3_600_000;
/** One in so many instances has a wall clock that is wrong by an hour. */
const SKEWED_ONE_IN = 3;
const LEAVING_MS = 10_000;

export interface CrewOptions {
  readonly worker: string;
  readonly size: number;
  readonly level: CoherenceLevel;
  readonly servers: readonly PlayedServer[];
  readonly memoryTtlMs: number;
  readonly boundMs: number;
  readonly operationsPerSecond: number;
  readonly origin: Origin;
  readonly random: Random;
  readonly epochNs: bigint;
}

/** The instances, each in its place. One that ends is followed by another, with the same name. */
export class Crew {
  readonly #options: CrewOptions;
  readonly #places: Instance[] = [];
  #isPlaying = false;
  #born = 0;

  constructor(options: CrewOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    for (let place = 0; place < this.#options.size; place++) this.#places[place] = this.#bear(place);
    await this.ready();
  }

  get all(): readonly Instance[] {
    return this.#places;
  }

  get born(): number {
    return this.#born;
  }

  async ready(): Promise<void> {
    await Promise.all(this.#places.map(({ ready }) => ready));
  }

  play(): void {
    this.#isPlaying = true;
    for (const instance of this.#places) instance.order({ do: 'play' });
  }

  pause(): void {
    this.#isPlaying = false;
  }

  async restart(place: number, how: 'killed' | 'leaving'): Promise<void> {
    const instance = this.#places[place];
    if (instance === undefined || instance.isLeaving) return;
    if (how === 'killed') await instance.kill();
    else await instance.leave(LEAVING_MS);
    if (this.#places[place] !== instance) return;
    this.#options.origin.died(instance);
    const next = this.#bear(place);
    this.#places[place] = next;
    await next.ready;
    if (this.#isPlaying && !next.isLeaving) next.order({ do: 'play' });
  }

  async stop(): Promise<void> {
    await Promise.all(this.#places.map((instance) => instance.kill()));
  }

  /** Ends all of them at once, without waiting. */
  end(): void {
    for (const instance of this.#places) instance.end();
  }

  #bear(place: number): Instance {
    const { worker, level, servers, memoryTtlMs, boundMs, operationsPerSecond, origin, random, epochNs } =
      this.#options;
    const serial = ++this.#born;
    const part = {
      serial,
      name: `instance-${place}`,
      level,
      urls: urlsOf(servers, place),
      memoryTtlMs,
      boundMs,
      operationsPerSecond,
      skewMs: serial % SKEWED_ONE_IN === 0 ? (random.next() < 0.5 ? -HOUR_MS : HOUR_MS) : 0,
      seed: random.nextUint32(),
      epochNs: String(epochNs),
    };
    return new Instance(worker, part, (instance, told) => origin.hear(instance, told));
  }
}
