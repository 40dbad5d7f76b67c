import { delay } from '../../../src/base/deadline.ts';
import { systemClock } from '../../../src/base/clock.ts';
import type { Random } from '../../../src/base/random.ts';
import type { Fault } from './faults.ts';

const LANES = 2;
const SHORTEST_PEACE_MS = 300;
const LONGEST_PEACE_MS = 4000;
/** Until a fault can be undone: the server may be down just then. */
const RETRY_MS = 200;
const MOST_RETRIES = 50;

/** A fault that was at work, until `toMs`. */
export interface Strike {
  readonly name: string;
  readonly what: string;
  readonly fromMs: number;
  toMs: number;
}

/** Strikes at random, one or two faults at a time, with peace in between. */
export class Nemesis {
  readonly strikes: Strike[] = [];
  readonly counts: Map<string, number> = new Map();
  readonly #faults: readonly Fault[];
  readonly #random: Random;
  readonly #nowMs: () => number;
  #isOver = true;
  #lanes: Promise<void>[] = [];

  constructor(faults: readonly Fault[], random: Random, nowMs: () => number) {
    this.#faults = faults;
    this.#random = random;
    this.#nowMs = nowMs;
  }

  start(): void {
    this.#isOver = false;
    this.#lanes = Array.from({ length: LANES }, () => this.#run());
  }

  /** Resolves when all faults are undone. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#lanes);
  }

  async #run(): Promise<void> {
    for (;;) {
      await delay(
        systemClock,
        SHORTEST_PEACE_MS + this.#random.next() * (LONGEST_PEACE_MS - SHORTEST_PEACE_MS),
      );
      if (this.#isOver) return;
      const fault = this.#faults[Math.floor(this.#random.next() * this.#faults.length)];
      if (fault !== undefined) await this.#strike(fault);
    }
  }

  async #strike(fault: Fault): Promise<void> {
    const strike: Strike = { name: fault.name, what: '', fromMs: this.#nowMs(), toMs: Infinity };
    this.strikes.push(strike);
    try {
      const { what, forMs = 0, end } = await fault.begin();
      Object.assign(strike, { what });
      this.counts.set(fault.name, (this.counts.get(fault.name) ?? 0) + 1);
      await delay(systemClock, forMs);
      await undo(end);
    } catch (error) {
      Object.assign(strike, { what: `could not be done: ${String(error)}` });
    } finally {
      strike.toMs = this.#nowMs();
    }
  }
}

async function undo(end: (() => Promise<void> | void) | undefined): Promise<void> {
  for (let attempt = 1; end !== undefined; attempt++) {
    try {
      return await end();
    } catch (error) {
      if (attempt === MOST_RETRIES) throw error;
      await delay(systemClock, RETRY_MS);
    }
  }
}
