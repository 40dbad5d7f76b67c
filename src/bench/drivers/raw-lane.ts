import type { RawCaller, RawConnection } from '../../backends/raw-connection.ts';
import type { RawAnswer } from '../../backends/raw-protocol.ts';
import type { Clock } from '../../base/clock.ts';
import type { CachectlError } from '../../base/errors.ts';
import type { Operation } from '../../workload/operations.ts';
import { type ValueMaker, verifyHeaderAt } from '../../workload/values.ts';
import type { LoadOrigin, OperationEvents, Succeeded } from './driver.ts';
import { judgeCount, requireOk, verify } from './verify.ts';

/** Of every so many values read, one is checked to its last byte; of the others the header. */
export const WHOLE_CHECK_ONE_IN = 16;

/** What a lane works with. */
export interface LaneParts {
  readonly values: ValueMaker;
  readonly loadOrigin: LoadOrigin;
  readonly batchOf: (keyIndex: number) => readonly number[];
  readonly clock: Clock;
  /** The version of the next value that is written. */
  readonly nextVersion: () => number;
}

/** `fill` is the second half of a getOrLoad that missed. */
type Step = Operation | 'fill';

/** A request whose answer is owed. They are used again and again: the ring makes no garbage. */
interface Owed {
  step: Step;
  key: number;
  batch: readonly number[] | undefined;
  due: number;
  sent: number;
}

/** The operations of one connection, answered in the order in which they were sent. */
export class RawLane implements RawCaller {
  awaited = 0;
  readonly #connection: RawConnection;
  readonly #slot: number;
  readonly #parts: LaneParts;
  readonly #ring: Owed[] = [];
  #head = 0;
  #events: OperationEvents | undefined;
  #reading = false;
  #flushing = false;
  #nowMs = 0;
  #unchecked = 0;

  constructor(connection: RawConnection, slot: number, parts: LaneParts) {
    this.#connection = connection;
    this.#slot = slot;
    this.#parts = parts;
    connection.serve(this);
  }

  listen(events: OperationEvents): void {
    this.#events = events;
  }

  begin(operation: Operation, key: number, due: number, sent: number): void {
    const { protocol, out, failure } = this.#connection;
    if (failure !== undefined) {
      queueMicrotask(() => this.#events?.failed(this.#slot, due, this.#parts.clock.nowMs(), failure));
      return;
    }
    let batch: readonly number[] | undefined;
    if (operation === 'get' || operation === 'getOrLoad') protocol.get(out, key);
    else if (operation === 'multiGet') protocol.getMany(out, (batch = this.#parts.batchOf(key)));
    else if (operation === 'set') {
      protocol.set(out, key, this.#parts.values.make(key, this.#parts.nextVersion()));
    } else if (operation === 'delete') protocol.delete(out, key);
    else if (operation === 'touch') protocol.touch(out, key);
    else protocol.increment(out, key);
    this.#owe(operation, key, batch, due, sent);
  }

  get nextKeys(): number {
    return this.#ring[this.#head]?.batch?.length ?? 1;
  }

  onArrival(): void {
    this.#reading = true;
    this.#nowMs = this.#parts.clock.nowMs();
  }

  onRead(): void {
    this.#reading = false;
    this.#connection.flush();
  }

  onAnswer(bytes: Buffer, answer: RawAnswer): void {
    const { step, key, batch, due, sent } = this.#take();
    if (step === 'getOrLoad' && answer.kind === 'values' && answer.count === 0) {
      this.#fill(key, due, sent);
      return;
    }
    let outcome: Succeeded;
    try {
      outcome = this.#judge(step, key, batch, bytes, answer);
    } catch (error) {
      this.#events?.failed(this.#slot, due, this.#nowMs, error);
      return;
    }
    this.#events?.ended(step === 'fill' ? 'getOrLoad' : step, this.#slot, due, sent, this.#nowMs, outcome);
  }

  onLost(error: CachectlError): void {
    this.#reading = false;
    const now = this.#parts.clock.nowMs();
    for (let left = this.awaited; left > 0; left--) {
      this.#events?.failed(this.#slot, this.#take().due, now, error);
    }
  }

  #judge(
    step: Step,
    key: number,
    batch: readonly number[] | undefined,
    bytes: Buffer,
    answer: RawAnswer,
  ): Succeeded {
    if (answer.kind === 'error') throw this.#connection.protocol.refused(answer.text);
    if (step === 'fill') return 'miss';
    if (step === 'incr') return judgeCount(answer.number);
    if (answer.kind !== 'values' || step === 'touch') return 'written';
    const { count, of, starts, ends } = answer;
    for (let i = 0; i < count; i++) {
      this.#check(bytes, starts[i]!, ends[i]!, batch === undefined ? key : batch[of[i]!]!);
    }
    return count === (batch?.length ?? 1) ? 'hit' : 'miss';
  }

  #check(bytes: Buffer, start: number, end: number, key: number): void {
    if (this.#unchecked++ % WHOLE_CHECK_ONE_IN === 0) verify(bytes.subarray(start, end), key);
    else requireOk(verifyHeaderAt(bytes, start, end, key));
  }

  /** What a miss costs: the load, and storing what was loaded on the same connection. */
  #fill(key: number, due: number, sent: number): void {
    const { clock, loadOrigin, values } = this.#parts;
    const fail = (error: unknown): void => this.#events?.failed(this.#slot, due, clock.nowMs(), error);
    loadOrigin(key).then((version) => {
      const { protocol, out, failure } = this.#connection;
      if (failure !== undefined) {
        fail(failure);
        return;
      }
      protocol.set(out, key, values.make(key, version));
      this.#owe('fill', key, undefined, due, sent);
    }, fail);
  }

  #owe(step: Step, key: number, batch: readonly number[] | undefined, due: number, sent: number): void {
    const ring = this.#ring;
    if (this.awaited === ring.length) this.#grow();
    const owed = ring[(this.#head + this.awaited) & (ring.length - 1)]!;
    owed.step = step;
    owed.key = key;
    owed.batch = batch;
    owed.due = due;
    owed.sent = sent;
    this.awaited++;
    if (this.#reading || this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      this.#connection.flush();
    });
  }

  /** The oldest request that is owed; good until the next is begun. */
  #take(): Owed {
    const owed = this.#ring[this.#head]!;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.awaited--;
    return owed;
  }

  /** Twice as long, and a power of two always; what is owed stays in its order. */
  #grow(): void {
    const ring = this.#ring;
    const inOrder = [...ring.slice(this.#head), ...ring.slice(0, this.#head)];
    const added = Array.from({ length: Math.max(16, ring.length) }, (): Owed => ({
      step: 'get',
      key: 0,
      batch: undefined,
      due: 0,
      sent: 0,
    }));
    ring.splice(0, ring.length, ...inOrder, ...added);
    this.#head = 0;
  }
}
