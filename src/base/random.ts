/** A seeded source of random numbers: the same seed gives the same sequence on every machine. */
export interface Random {
  /** Uniform in [0, 1), with 53 bits. */
  next(): number;
  /** Uniform integer in [0, 2^32). */
  nextUint32(): number;
  /** An independent source, determined by this one's seed and the label. Drawing from one moves no other. */
  fork(label: string): Random;
}

/**
 * A bijective hash of a 32-bit integer, as an integer in [0, 2^32): one step of splitmix32 (Steele, Lea
 * and Flood, 2014). Bits beyond the 32 lowest are ignored.
 */
export function mix32(value: number): number {
  let z = (value + 0x9e3779b9) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}

function hashLabel(seed: number, label: string): number {
  let hash = mix32(seed);
  for (let i = 0; i < label.length; i++) hash = mix32(hash ^ label.charCodeAt(i));
  return hash;
}

/** sfc32 (Chris Doty-Humphrey, PractRand): 128 bits of state, period of at least 2^32, passes BigCrush. */
class Sfc32 implements Random {
  readonly #seed: number;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    this.#seed = seed;
    this.#a = mix32(seed);
    this.#b = mix32(this.#a);
    this.#c = mix32(this.#b);
    for (let i = 0; i < 12; i++) this.nextUint32();
  }

  nextUint32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  next(): number {
    const high = this.nextUint32() >>> 5;
    const low = this.nextUint32() >>> 6;
    return (high * 67_108_864 + low) / 9_007_199_254_740_992;
  }

  fork(label: string): Random {
    return new Sfc32(hashLabel(this.#seed, label));
  }
}

/** A generator from an integer seed; the seed is taken modulo 2^32. */
export function seededRandom(seed: number): Random {
  return new Sfc32(seed >>> 0);
}

/** An unseeded source, for jitter and tokens of no consequence. */
export function systemRandom(): Random {
  return new Sfc32((Math.random() * 0x1_0000_0000) >>> 0);
}
