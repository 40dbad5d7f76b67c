import type { Clock } from '../base/clock.ts';
import type { CachectlError } from '../base/errors.ts';
import type { RequestBuffer } from './request-buffer.ts';

/**
 * What a load generator does to one server, as bytes: how requests are written and answers read, without a text or
 * an object for each. A key is a number; what it is called on the server is said once.
 */
export interface RawProtocol {
  readonly get: (out: RequestBuffer, key: number) => void;
  readonly getMany: (out: RequestBuffer, keys: readonly number[]) => void;
  readonly set: (out: RequestBuffer, key: number, value: Uint8Array) => void;
  readonly delete: (out: RequestBuffer, key: number) => void;
  /** Starts the time to live anew. */
  readonly touch: (out: RequestBuffer, key: number) => void;
  /** Adds one to the key's counter; the first time it becomes 1. */
  readonly increment: (out: RequestBuffer, key: number) => void;
  /** Reads one answer, to a request for so many keys. Gives the place after it, or -1 when it is not whole yet. */
  readonly read: (bytes: Buffer, from: number, to: number, keys: number, answer: RawAnswer) => number;
  /** Logs in, where that is wanted, and asks for a sign that the server is what it should be. */
  readonly greeting: { readonly bytes: Buffer; readonly answers: number };
  /** What an error answer means. */
  readonly refused: (text: string) => CachectlError;
  /** What it means that the connection is gone, or was never made. */
  readonly lost: (cause: Error | undefined) => CachectlError;
  /** @param silentMs for which nothing was heard, though answers were due */
  readonly late: (silentMs: number) => CachectlError;
  /** What it means that bytes came which are none of the protocol's. */
  readonly foreign: () => CachectlError;
}

/** How keys are called, and how long their values live. */
export interface RawKeys {
  /** What each key begins with; after it comes its number. */
  readonly lead: string;
  /** What the key of each counter begins with. */
  readonly counterLead: string;
  /** Digits of the number, zeros in front: 1 to 10. */
  readonly digits: number;
  /** Whole milliseconds, at least 1. */
  readonly ttlMs: number;
}

export interface RawOptions extends RawKeys {
  readonly connections: number;
  /** How long a server may be silent while it owes answers, in milliseconds. */
  readonly deadlineMs: number;
  readonly connectTimeoutMs?: number | undefined;
  readonly clock: Clock;
}

/** Bytes that the server would not send. */
export class ForeignBytes extends Error {
  override readonly name = 'ForeignBytes';
}

/**
 * One answer, written over by the next: `values` (of a get; none when the key was not there), `done`, `number` or
 * `error`. Values are places in the bytes that were read, and good until the next read.
 */
export class RawAnswer {
  kind: 'values' | 'done' | 'number' | 'error' = 'done';
  /** Of `number`. */
  number = 0;
  /** Of `error`. */
  text = '';
  /** Number of values. */
  count = 0;
  /** Of each value: which of the keys it belongs to, counted from 0, and where it lies. */
  readonly of: number[] = [];
  readonly starts: number[] = [];
  readonly ends: number[] = [];

  /** Begins an answer of values, none so far. */
  values(): void {
    this.kind = 'values';
    this.count = 0;
  }

  addValue(of: number, start: number, end: number): void {
    this.of[this.count] = of;
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.count++;
  }

  fail(text: string): void {
    this.kind = 'error';
    this.text = text;
  }
}
