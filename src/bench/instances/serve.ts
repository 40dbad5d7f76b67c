import { delay } from '../../base/deadline.ts';
import type { Clock } from '../../base/clock.ts';
import { CachectlError, isCachectlError, messageOf } from '../../base/errors.ts';
import { type AttachedBed, attach } from '../../testbed/attach.ts';
import type { Host } from '../host.ts';
import { openSubject } from '../subject.ts';
import type { Application } from './application.ts';
import type { InstanceSpec, Order, Told, ToldError } from './protocol.ts';
import { findTask } from './tasks.ts';

/** The process that an instance lives in, and its line to the parent. */
export interface InstanceProcess {
  readonly host: Host;
  readonly clock: Clock;
  readonly tell: (told: Told) => void;
  /** Hangs up and ends the process. */
  readonly end: () => void;
}

interface Opened {
  readonly application: Application;
  readonly close: () => Promise<void>;
}

/** Longest time that an instance closes in order, in milliseconds. */
const CLOSE_MS = 2000;

/** Does what the parent says, one order after another except that tasks run side by side. */
export class Instance {
  readonly #home: InstanceProcess;
  readonly #stop = new AbortController();
  #opened: Promise<Opened> | undefined;

  constructor(home: InstanceProcess) {
    this.#home = home;
  }

  /** Never rejects: what fails is told. */
  async obey(order: Order): Promise<void> {
    const id = order.do === 'task' ? order.id : undefined;
    try {
      if (order.do === 'open') await this.#open(order.spec);
      else if (order.do === 'task') await this.#run(order.id, order.name, order.params);
      else if (order.do === 'stop') this.#stop.abort();
      else await this.#close();
    } catch (error) {
      this.#home.tell({ tell: 'failed', id, error: describe(error) });
    }
  }

  async #open(spec: InstanceSpec): Promise<void> {
    this.#opened = this.#connect(spec);
    await this.#opened;
    this.#home.tell({ tell: 'opened' });
  }

  async #connect(spec: InstanceSpec): Promise<Opened> {
    const { host, clock } = this.#home;
    const { scenario, variant, target, names } = spec;
    const bed: AttachedBed = await attach({ scenario, target, names, clock });
    try {
      const subject = await openSubject({ scenario, variant, bed, clock });
      const signal = this.#stop.signal;
      const onProgress: Application['onProgress'] = (progress) =>
        this.#home.tell({ tell: 'progress', progress });
      const close = async (): Promise<void> => {
        await subject.close();
        await bed.close();
      };
      return { application: { spec, bed, subject, host, clock, signal, onProgress }, close };
    } catch (error) {
      await bed.close();
      throw error;
    }
  }

  async #run(id: number, name: string, params: unknown): Promise<void> {
    const opened = await this.#opened;
    if (opened === undefined) throw new CachectlError('UNEXPECTED', `${name} was asked for before 'open'`);
    const result = await findTask(name).run(opened.application, params);
    this.#home.tell({ tell: 'done', id, result });
  }

  async #close(): Promise<void> {
    this.#stop.abort();
    const opened = await this.#opened?.catch(() => undefined);
    try {
      await Promise.race([opened?.close(), delay(this.#home.clock, CLOSE_MS)]);
    } finally {
      this.#home.end();
    }
  }
}

function describe(error: unknown): ToldError {
  const known = isCachectlError(error);
  return {
    code: known ? error.code : undefined,
    message: messageOf(error),
    hint: known ? error.hint : undefined,
    stack: error instanceof Error ? error.stack : undefined,
  };
}
