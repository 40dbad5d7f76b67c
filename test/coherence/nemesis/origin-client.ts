import type { Order, Told } from './protocol.ts';

type Answer = Extract<Order, { do: 'answer' }>;

/** The data, as an instance reaches it: the parent process has it, so that its order is certain. */
export class OriginClient {
  readonly #tell: (told: Told) => void;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #asked = 0;

  constructor(tell: (told: Told) => void) {
    this.#tell = tell;
  }

  /** Ids of what the data is now. */
  async current(keys: readonly string[]): Promise<readonly number[]> {
    return (await this.#ask((ask) => ({ tell: 'current', ask, keys }))).ids;
  }

  install(keys: readonly string[], id?: number): Promise<Answer> {
    return this.#ask((ask) => ({ tell: 'install', ask, keys, ...(id === undefined ? {} : { id }) }));
  }

  answered(answer: Answer): void {
    this.#waiting.get(answer.ask)?.(answer);
    this.#waiting.delete(answer.ask);
  }

  #ask(toTell: (ask: number) => Told): Promise<Answer> {
    const ask = ++this.#asked;
    return new Promise((resolve) => {
      this.#waiting.set(ask, resolve);
      this.#tell(toTell(ask));
    });
  }
}
