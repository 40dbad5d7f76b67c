/** What was counted for one server, since the start. */
export interface Tally {
  readonly answered: number;
  readonly failed: number;
}

/** Looks in a row, one second apart, that a server may answer nothing and fail everything before it counts as lost. */
const LOOKS = 3;

/**
 * Tells a server that is gone from one that stumbles: looked at once a second, it is lost when it has only
 * failed, several looks in a row. A server that is merely not asked is not lost.
 */
export class LossWatch {
  readonly #last = new Map<string, Tally>();
  readonly #failing = new Map<string, number>();

  /** The name of a lost server, if any. */
  look(tallies: Readonly<Record<string, Tally>>): string | undefined {
    let lost: string | undefined;
    for (const [name, tally] of Object.entries(tallies)) {
      const last = this.#last.get(name) ?? { answered: 0, failed: 0 };
      const failsOnly = tally.failed > last.failed && tally.answered === last.answered;
      const looks = failsOnly ? (this.#failing.get(name) ?? 0) + 1 : 0;
      this.#failing.set(name, looks);
      this.#last.set(name, tally);
      if (looks >= LOOKS) lost ??= name;
    }
    return lost;
  }
}
