import type { Share } from '../bench/share.ts';
import type { ConnectionFlags } from './connection-options.ts';

/** What `cachectl bench` was called with. Times are milliseconds, rates per second. */
export interface BenchFlags extends ConnectionFlags {
  readonly duration?: number;
  readonly warmup?: number;
  readonly rate?: number;
  readonly connections?: number;
  readonly instances?: number;
  /** Operations in flight on each connection of a closed loop. */
  readonly pipeline?: number;
  readonly seed?: number;
  /** `--shard i/n`, counted from 0 here. */
  readonly shard?: Share;
  /** Wall clock, milliseconds since the epoch. */
  readonly startAt?: number;
  readonly driver: string;
  /** Take the layers of the main variant apart. */
  readonly attribute?: boolean;
  /** Of an attribution. */
  readonly rounds?: number;
  /** File for a trace of the run. */
  readonly record?: string;
  readonly out?: string;
  readonly format?: string;
  readonly json?: boolean;
  readonly gate?: readonly string[];
}
