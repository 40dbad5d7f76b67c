import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Order, Told } from './instance.ts';

/** Application instances as processes, for benchmarks that need several. */
export class Instances {
  readonly all: readonly Instance[];

  private constructor(all: readonly Instance[]) {
    this.all = all;
  }

  static async start(count: number, url: string): Promise<Instances> {
    const all = Array.from({ length: count }, () => new Instance(url));
    await Promise.all(all.map((instance) => instance.next('ready')));
    return new Instances(all);
  }

  async stop(): Promise<void> {
    await Promise.all(this.all.map((instance) => instance.stop()));
  }
}

export class Instance {
  readonly child: ChildProcess;
  readonly #heard: Told[] = [];
  #wake: () => void = () => {};

  constructor(url: string) {
    const worker = fileURLToPath(new URL('instance.ts', import.meta.url));
    this.child = fork(worker, [url], { execArgv: ['--import', 'tsx'] });
    this.child.on('message', (told: Told) => {
      this.#heard.push(told);
      this.#wake();
    });
  }

  order(order: Order): void {
    this.child.send(order);
  }

  /** The next thing of this kind that it tells; what it told before of other kinds is dropped. */
  async next<Kind extends Told['tell']>(kind: Kind): Promise<Extract<Told, { tell: Kind }>> {
    for (;;) {
      const told = this.#heard.shift();
      if (told === undefined) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      } else if (told.tell === kind) {
        return told as Extract<Told, { tell: Kind }>;
      }
    }
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await ended;
  }
}
