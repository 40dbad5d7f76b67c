import { type ChildProcess, fork } from 'node:child_process';
import type { Order, Part, Told } from './protocol.ts';

/** One instance, as the process that started it sees it. */
export class Instance {
  readonly part: Part;
  /** Resolves when it plays its part, or has ended. */
  readonly ready: Promise<void>;
  /** Installed by it, and not known to be invalidated; by id. */
  readonly unsettled: Map<number, string> = new Map();
  isLeaving = false;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #onOpen: (what: readonly string[]) => void = () => {};

  /** @param worker path of the program */
  constructor(worker: string, part: Part, hear: (instance: Instance, told: Told) => void) {
    this.part = part;
    const shift = `const { now } = Date; Date.now = () => now() + ${part.skewMs};`;
    this.#child = fork(worker, [JSON.stringify(part)], {
      execArgv: [
        ...(worker.endsWith('.ts') ? ['--import', 'tsx'] : []),
        ...(part.skewMs === 0 ? [] : ['--import', `data:text/javascript,${encodeURIComponent(shift)}`]),
      ],
    });
    this.#child.on('error', () => {});
    this.#ended = new Promise((resolve) => this.#child.once('exit', () => resolve()));
    this.ready = new Promise((resolve) => {
      void this.#ended.then(resolve);
      this.#child.on('message', (told: Told) => {
        if (told.tell === 'ready') resolve();
        else if (told.tell === 'open') this.#onOpen(told.what);
        else if (told.tell === 'left') this.#child.disconnect();
        else hear(this, told);
      });
    });
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  order(order: Order): void {
    if (this.#child.connected) this.#child.send(order, () => {});
  }

  /** Makes it pause; gives what it has not ended; undefined when it does not answer. */
  async pause(withinMs: number): Promise<readonly string[] | undefined> {
    const answer = new Promise<readonly string[] | undefined>((resolve) => {
      this.#onOpen = resolve;
      setTimeout(resolve, withinMs, undefined);
    });
    this.order({ do: 'pause' });
    return answer;
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    if (this.isAlive) this.#child.kill(signal);
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }

  async kill(): Promise<void> {
    this.end();
    await this.#ended;
  }

  /** Closes its cache and ends. */
  async leave(withinMs: number): Promise<void> {
    this.isLeaving = true;
    this.order({ do: 'leave' });
    const late = setTimeout(() => void this.kill(), withinMs);
    await this.#ended;
    clearTimeout(late);
  }
}
