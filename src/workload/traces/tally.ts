import { CachectlError, type Problem } from '../../base/errors.ts';

/** Malformed records are counted up to the limit; of so many it is kept what was wrong. */
const MOST_PROBLEMS = 10;

/** Names of unsupported operations that are counted apart; the others are counted together. */
const MOST_NAMES = 100;
const OTHER_NAMES = 'others';

/** What became of the records of a trace while it is read. */
export class TraceTally {
  readonly file: string;
  readonly #maxMalformed: number;
  /** Records given so far, repeats and the keys of multi-gets included. */
  records: number = 0;
  /** Number of the line, or of the record where there are no lines, that was read last; from 1. */
  line: number = 0;
  /** Records that could not be understood, and were left out. */
  malformed: number = 0;
  /** The first of them. */
  readonly problems: Problem[] = [];
  /** Requests that are well-formed and of no {@link TraceOperation}, by their word in the trace; they were left out. */
  readonly unsupported: Map<string, number> = new Map();

  /** @param maxMalformed with one more malformed record, reading fails */
  constructor(file: string, maxMalformed: number) {
    this.file = file;
    this.#maxMalformed = maxMalformed;
  }

  /**
   * The record at the present line is left out.
   *
   * @param message what is wrong and what was expected
   * @throws CachectlError `BAD_TRACE` when that is one too many
   */
  reject(message: string): void {
    const problem: Problem = { file: this.file, line: this.line, message };
    this.malformed++;
    if (this.problems.length < MOST_PROBLEMS) this.problems.push(problem);
    if (this.malformed <= this.#maxMalformed) return;
    const before = this.#maxMalformed === 0 ? '' : ` (${this.#maxMalformed} malformed records before it)`;
    throw new CachectlError('BAD_TRACE', `${this.file}:${this.line}: ${message}${before}`, {
      hint: 'is the format right? Otherwise mend the file, or allow more malformed records',
      problems: this.problems,
    });
  }

  /** The request at the present line is left out, because `word` is nothing that a cache is asked for here. */
  skip(word: string): void {
    const name = this.unsupported.has(word) || this.unsupported.size < MOST_NAMES ? word : OTHER_NAMES;
    this.unsupported.set(name, (this.unsupported.get(name) ?? 0) + 1);
  }
}
