import { type ChildProcess, fork } from 'node:child_process';
import type { Clock } from '../../base/clock.ts';
import { CachectlError } from '../../base/errors.ts';
import type { Progress, VariantRun } from '../plan.ts';
import type { Task } from './application.ts';
import type { InstanceSpec, Order, Told, ToldError } from './protocol.ts';

type Surroundings = Pick<VariantRun, 'host' | 'clock' | 'signal'>;

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** How long an instance may take to close before it is killed, in milliseconds. */
const CLOSE_MS = 5000;
/** How much of what an instance writes is kept, to explain why it ended. */
const LOG_CHARACTERS = 2000;

/** An application instance, seen from its parent. */
export class RemoteInstance {
  readonly index: number;
  readonly opened: Promise<void>;
  readonly #clock: Clock;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #log = '';
  #isClosing = false;
  #loss: string | undefined;
  /** What it last told of the task that goes on. */
  progress: Progress | undefined;

  constructor(index: number, spec: InstanceSpec, { host, clock, signal }: Surroundings) {
    this.index = index;
    this.#clock = clock;
    // a group of its own: Ctrl-C at the terminal reaches the parent alone, which then stops all in order
    this.#child = fork(host.instanceProgram, {
      detached: true,
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      execArgv: [...host.instanceExecArgv],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#log = (this.#log + chunk.toString('utf8')).slice(-LOG_CHARACTERS);
      });
    }
    this.#child.on('message', (told: Told) => this.#hear(told));
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => this.#lose(error.message, resolve));
      this.#child.once('close', (code, cause) => this.#lose(describeEnd(code, cause), resolve));
    });
    this.opened = this.#expect(0, { do: 'open', spec }).then(() => {});
    this.opened.catch(() => {});
    const stop = (): void => this.stop();
    signal.addEventListener('abort', stop, { once: true });
    void this.#ended.then(() => signal.removeEventListener('abort', stop));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Why it ended, when nobody asked it to. */
  get loss(): string | undefined {
    return this.#loss;
  }

  /** @throws CachectlError as the task does, or `INSTANCE_LOST` */
  async perform<Params, Result>(task: Task<Params, Result>, params: Params): Promise<Result> {
    const id = ++this.#lastId;
    return (await this.#expect(id, { do: 'task', id, name: task.name, params })) as Result;
  }

  stop(): void {
    this.#send({ do: 'stop' });
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#send({ do: 'close' });
    const cancel = this.#clock.setTimer(() => this.#child.kill('SIGKILL'), CLOSE_MS);
    await this.#ended;
    cancel();
  }

  #expect(id: number, order: Order): Promise<unknown> {
    if (this.#loss !== undefined) return Promise.reject(this.#lost());
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#send(order);
    });
  }

  /** What cannot be sent any more is not missed: the end of the process is noticed by itself. */
  #send(order: Order): void {
    if (this.#child.connected) this.#child.send(order, () => {});
  }

  #hear(told: Told): void {
    if (told.tell === 'progress') {
      this.progress = told.progress;
      return;
    }
    const id = told.tell === 'opened' ? 0 : (told.id ?? 0);
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (told.tell === 'failed') pending?.reject(errorOf(told.error, this.index));
    else pending?.resolve(told.tell === 'done' ? told.result : undefined);
  }

  #lose(how: string, resolve: () => void): void {
    if (!this.#isClosing) {
      const log = this.#log.trim();
      this.#loss ??= `instance ${this.index} ${how}${log === '' ? '' : `: ${log}`}`;
    }
    for (const { reject } of this.#pending.values()) reject(this.#lost());
    this.#pending.clear();
    resolve();
  }

  #lost(): CachectlError {
    return new CachectlError('INSTANCE_LOST', this.#loss ?? `instance ${this.index} was closed`);
  }
}

function describeEnd(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
}

/** The error as it was in the instance. */
function errorOf({ code, message, hint, stack }: ToldError, index: number): Error {
  if (code === undefined) return new Error(`instance ${index}: ${stack ?? message}`);
  return new CachectlError(code, `instance ${index}: ${message}`, { ...(hint !== undefined && { hint }) });
}
