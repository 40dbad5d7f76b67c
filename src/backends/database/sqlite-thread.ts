import { Worker } from 'node:worker_threads';
import {
  Flag,
  type Opening,
  pack,
  type Reply,
  type Request,
  type ThreadSettings,
  unpackReply,
} from './sqlite-protocol.ts';

/**
 * A thread with one SQLite connection. It is never terminated from outside: the driver ends the whole process
 * (SIGABRT) when its thread is ended in the middle of a call. It is asked to stop, and ends between two calls.
 */
export class SqliteThread {
  readonly #worker: Worker;
  readonly #flags: Int32Array<SharedArrayBuffer>;
  readonly #exited: Promise<void>;
  #receive: ((reply: Reply) => void) | undefined;

  constructor(settings: Omit<ThreadSettings, 'flags'>) {
    const flags = new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT);
    this.#flags = new Int32Array(flags);
    this.#worker = startWorker({ ...settings, flags });
    this.#exited = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
    running.add(this);
    void this.#exited.then(() => running.delete(this));
  }

  /**
   * Settles when the database is open, or has said why not. From then on `onLost` is called when the thread
   * ends without being asked to.
   */
  opening(onLost: (reason: Error) => void): Promise<Opening> {
    return new Promise((resolve, reject) => {
      const lost = (reason: Error): void => {
        reject(reason);
        onLost(reason);
      };
      this.#worker.once('error', lost);
      this.#worker.once('exit', () => lost(new Error('the database thread ended')));
      this.#worker.once('message', (opening: Opening) => {
        resolve(opening);
        this.#worker.unref();
        this.#worker.on('message', (bytes: Uint8Array) => this.#receive?.(unpackReply(bytes)));
      });
    });
  }

  /** Sends the one message that may be under way; `receive` hears its reply. It keeps the process alive meanwhile. */
  send(request: Request, receive: (reply: Reply) => void): void {
    Atomics.store(this.#flags, Flag.skip, 0);
    this.#receive = (reply) => {
      this.#worker.unref();
      receive(reply);
    };
    this.#worker.ref();
    const bytes = pack(request);
    this.#worker.postMessage(bytes, [bytes.buffer]);
  }

  /** Skips what has not begun of the message under way. */
  skipRest(): void {
    Atomics.store(this.#flags, Flag.skip, 1);
  }

  /** Ends the thread once it leaves the driver; the reply that is under way is not heard any more. */
  stop(): Promise<void> {
    this.#receive = undefined;
    Atomics.store(this.#flags, Flag.stop, 1);
    this.#worker.postMessage(null, []);
    this.#worker.unref();
    return this.#exited;
  }

  /** Waits without leaving this turn of the event loop until the thread is out of the driver, for a second at most. */
  halt(): void {
    Atomics.store(this.#flags, Flag.stop, 1);
    Atomics.wait(this.#flags, Flag.busy, 1, 1000);
  }
}

const running = new Set<SqliteThread>();

/**
 * To be called when the process is about to end without closing its databases (from its `exit` event): the driver
 * would abort the process when it is ended in the middle of a query.
 */
export function haltSqliteThreads(): void {
  for (const thread of running) thread.halt();
}

/** From the sources a loader comes first: Node alone would refuse TypeScript in a worker. */
function startWorker(workerData: ThreadSettings): Worker {
  if (!import.meta.url.endsWith('.ts')) {
    return new Worker(new URL('./sqlite-worker.js', import.meta.url), { workerData });
  }
  const module = JSON.stringify(new URL('./sqlite-worker.ts', import.meta.url).href);
  const bootstrap = `import('tsx/esm/api').then(({ register }) => { register(); return import(${module}); })`;
  return new Worker(bootstrap, { eval: true, workerData });
}
