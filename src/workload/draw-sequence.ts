import type { Random } from '../base/random.ts';
import { createKeyDistribution, type KeyDistributionSpec } from './distributions.ts';
import type { KeyDistribution } from './keys.ts';
import { type Operation, OperationMix, type OperationShares } from './operations.ts';
import { requireRange } from './ranges.ts';

/** What operations and keys are drawn from. */
export interface DrawSpec {
  readonly keyspace: KeyDistributionSpec;
  readonly operations: OperationShares;
}

/** Which part of the run's sequence an instance carries out. */
export interface DrawShare {
  /** Which of the instances it is, from 0. */
  readonly index: number;
  /** Number of instances. */
  readonly count: number;
}

export const WHOLE: DrawShare = { index: 0, count: 1 };

/** Operations of a block: short enough that the shares of instances differ little, long enough that seeding costs nothing. */
export const BLOCK_OPERATIONS = 1024;

/**
 * The operations and keys of a run, in a sequence that depends on the seed alone and can be cut into shares. It is
 * made of blocks, each with sources of its own that are forked from the seed by the number of the block; instance i
 * of n carries out the blocks i, i + n, i + 2n and so on. So operation k of the run is the same at any number of
 * instances, and whoever has carried it out.
 */
export class DrawSequence {
  readonly #share: DrawShare;
  readonly #operations: ReseededRandom;
  readonly #keys: ReseededRandom;
  readonly #mix: OperationMix;
  readonly #distribution: KeyDistribution;
  readonly #position = { index: 0, nth: 0, written: 0, writing: false };
  /** Operations left in the block. */
  #left = 0;
  #block: number;

  /**
   * Depends on the seed of `seed` alone; give all instances the same.
   * @throws CachectlError `BAD_SCENARIO` when the spec is out of range
   */
  constructor({ keyspace, operations }: DrawSpec, seed: Random, share: DrawShare = WHOLE) {
    requireRange('number of instances', share.count, 1, 2 ** 16);
    requireRange('index of the instance', share.index, 0, share.count - 1);
    this.#share = share;
    this.#operations = new ReseededRandom(seed);
    this.#keys = new ReseededRandom(seed);
    this.#mix = new OperationMix(operations, this.#operations);
    this.#distribution = createKeyDistribution(keyspace, seed.fork('layout'), this.#keys, this.#position);
    this.#block = share.index - share.count;
  }

  /** Operations of the run before the current one, those of all instances counted. */
  get index(): number {
    return this.#position.index;
  }

  /** The next operation of this share. */
  nextOperation(): Operation {
    const position = this.#position;
    if (position.writing) position.written++;
    if (this.#left === 0) this.#beginBlock();
    else position.index++;
    this.#left--;
    position.nth = 0;
    const operation = this.#mix.next();
    position.writing = operation === 'set';
    return operation;
  }

  /** The next key of the current operation; one that touches several keys calls it for each. */
  nextKey(): number {
    const key = this.#distribution.next();
    this.#position.nth++;
    return key;
  }

  #beginBlock(): void {
    const { count } = this.#share;
    const before = this.#block + 1;
    this.#block += count;
    if (this.#distribution.countsWrites === true) {
      for (let other = Math.max(0, before); other < this.#block; other++) this.#countWrites(other);
    }
    this.#operations.reseed('operations', this.#block);
    this.#keys.reseed('keys', this.#block);
    this.#position.index = this.#block * BLOCK_OPERATIONS;
    this.#left = BLOCK_OPERATIONS;
  }

  /** Counts the writes of a block that another instance carries out. */
  #countWrites(block: number): void {
    this.#operations.reseed('operations', block);
    for (let i = 0; i < BLOCK_OPERATIONS; i++) if (this.#mix.next() === 'set') this.#position.written++;
  }
}

/** A source that goes on with another fork of the same seed in each block; generators keep it for the whole run. */
class ReseededRandom implements Random {
  readonly #seed: Random;
  #current: Random;

  constructor(seed: Random) {
    this.#seed = seed;
    this.#current = seed;
  }

  reseed(label: string, block: number): void {
    this.#current = this.#seed.fork(`${label} ${block}`);
  }

  next(): number {
    return this.#current.next();
  }

  nextUint32(): number {
    return this.#current.nextUint32();
  }

  fork(label: string): Random {
    return this.#seed.fork(label);
  }
}
