import { TraceDecoder } from '../../src/workload/traces/decoder.ts';
import { TRACE_FORMATS, type TraceFormatName } from '../../src/workload/traces/formats.ts';
import type { TraceRecord } from '../../src/workload/traces/batch.ts';
import { TraceTally } from '../../src/workload/traces/tally.ts';
import { seededRandom } from '../../src/base/random.ts';

export const FILE = 'some.trace';

/** What came of some bytes of a trace. */
export interface Decoded {
  readonly records: readonly TraceRecord[];
  readonly joined: readonly number[];
  readonly tally: TraceTally;
}

/** Decodes a trace that comes in chunks. */
export function decode(
  format: TraceFormatName,
  chunks: readonly (Uint8Array | string)[],
  maxMalformed: number = Infinity,
): Decoded {
  const tally = new TraceTally(FILE, maxMalformed);
  const decoder = new TraceDecoder(TRACE_FORMATS[format], tally);
  const records: TraceRecord[] = [];
  const joined: number[] = [];
  const take = (batches: ReturnType<TraceDecoder['push']>): void => {
    for (const batch of batches) {
      for (let i = 0; i < batch.length; i++) {
        records.push(batch.recordAt(i));
        joined.push(batch.joined[i]!);
      }
    }
  };
  for (const chunk of chunks) take(decoder.push(Buffer.from(chunk)));
  take(decoder.end());
  return { records, joined, tally };
}

/** Lines as in the traces of Twitter's caches: mostly reads, some keys more often than others. */
export function* twitterLines(count: number, keys: number, requestsPerSecond: number): Generator<string> {
  const random = seededRandom(1);
  for (let i = 0; i < count; i++) {
    const key = Math.floor(keys * random.next() ** 3);
    const [isWrite, valueBytes] = [random.next() < 0.1, 100 + ((key * 7919) % 900)];
    const name = `nz:u:${key.toString(36).padStart(6, '0')}${(key * 48_271).toString(36).padStart(10, 'x')}`;
    const seconds = Math.floor(i / requestsPerSecond);
    yield `${seconds},${name},${name.length},${valueBytes},${i % 50},${isWrite ? 'set,3600' : 'get,0'}\n`;
  }
}

/** Records of oracleGeneral; `next` is left at -1. */
export function oracleRecords(
  records: readonly { readonly seconds: number; readonly object: bigint; readonly size: number }[],
): Buffer {
  const bytes = Buffer.alloc(24 * records.length);
  for (const [i, { seconds, object, size }] of records.entries()) {
    bytes.writeUInt32LE(seconds, i * 24);
    bytes.writeBigUInt64LE(object, i * 24 + 4);
    bytes.writeUInt32LE(size, i * 24 + 12);
    bytes.writeBigInt64LE(-1n, i * 24 + 16);
  }
  return bytes;
}
