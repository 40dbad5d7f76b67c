import type { TraceFormat } from './format.ts';
import { TRACE_OPERATIONS } from './operation.ts';

export const ORACLE_RECORD_BYTES = 24;
const OBJECT = 4;
const SIZE = 12;
const GET: number = TRACE_OPERATIONS.indexOf('get');

/**
 * oracleGeneral of libCacheSim (github.com/1a1a11a/libCacheSim): records of 24 bytes, little-endian, without gaps:
 * seconds (u32), object (u64), its size (u32), number of the next request for it (i64), which is not used here. Every
 * request is a get.
 */
export const oracleGeneral: TraceFormat = {
  keyEncoding: 'uint64',
  timeResolutionMs: 1000,
  terminator: undefined,
  createParser: (tally) => ({
    parse(bytes, start, end, batch) {
      const first = batch.length;
      const count = Math.min(Math.floor((end - start) / ORACLE_RECORD_BYTES), batch.timeMs.length - first);
      let at = start;
      for (let i = first; i < first + count; i++) {
        batch.timeMs[i] = uint32(bytes, at) * 1000;
        batch.keyStart[i] = at + OBJECT;
        batch.keyEnd[i] = at + SIZE;
        batch.valueBytes[i] = uint32(bytes, at + SIZE);
        at += ORACLE_RECORD_BYTES;
      }
      const last = first + count;
      batch.operation.fill(GET, first, last);
      batch.joined.fill(0, first, last);
      batch.clientStart.fill(0, first, last);
      batch.clientEnd.fill(0, first, last);
      batch.keyBytes.fill(Number.NaN, first, last);
      batch.ttlSeconds.fill(Number.NaN, first, last);
      batch.length = last;
      tally.line += count;
      return at;
    },
  }),
};

function uint32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}
