import { choose } from '../choice.ts';
import type { TraceFormat } from './format.ts';
import { keyList } from './key-list.ts';
import { metaKv } from './meta-kv.ts';
import { ORACLE_RECORD_BYTES, oracleGeneral } from './oracle-general.ts';
import { redisMonitor } from './redis-monitor.ts';
import { twitterCsv } from './twitter.ts';

export type TraceFormatName = 'twitter' | 'meta' | 'oracle-general' | 'redis-monitor' | 'keys';

/** Formats of traces by the name they have in scenarios. */
export const TRACE_FORMATS: Readonly<Record<TraceFormatName, TraceFormat>> = {
  twitter: twitterCsv,
  meta: metaKv,
  'oracle-general': oracleGeneral,
  'redis-monitor': redisMonitor,
  keys: keyList,
};

/** The format called `name`; throws `BAD_SCENARIO` when it is unknown, naming the known ones. */
export function traceFormat(name: string): TraceFormat {
  return choose('trace format', name, TRACE_FORMATS);
}

const MONITOR_LINE = /^\+?\d+\.\d{6} \[\d+ \S+\] "/;
const TWITTER_LINE = /^\d+,.+,\d*,\d*,[^,]*,[a-z]+,\d*$/i;
const META_COLUMNS = ['key', 'op', 'size'];

/** So many records of a binary file have to be in order of time. */
const LEAST_ORDERED = 8;

/**
 * The format of a file, by its content and, where that does not tell, by its name; undefined when neither does.
 *
 * @param name of the file
 * @param head its first bytes, unpacked; the last record may be cut
 */
export function detectFormat(name: string, head: Uint8Array): TraceFormatName | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  if (isBinary(bytes)) {
    return /oracle_?general/i.test(name) || isInOrderOfTime(bytes) ? 'oracle-general' : undefined;
  }
  const lines = bytes.toString('latin1').split(/\r?\n/);
  if (lines.length > 1) lines.pop();
  const written = lines.filter((line) => line !== '' && line !== 'OK');
  const [first] = written;
  if (first === undefined) return undefined;
  if (META_COLUMNS.every((column) => first.split(',').includes(column))) return 'meta';
  if (written.some((line) => MONITOR_LINE.test(line))) return 'redis-monitor';
  if (written.some((line) => TWITTER_LINE.test(line))) return 'twitter';
  return written.every((line) => !/[,\s"]/.test(line)) ? 'keys' : undefined;
}

/** Whether there are control characters that no text has. */
function isBinary(bytes: Uint8Array): boolean {
  return bytes.some((byte) => byte < 0x09 || (byte > 0x0d && byte < 0x20));
}

function isInOrderOfTime(bytes: Buffer): boolean {
  const records = Math.floor(bytes.length / ORACLE_RECORD_BYTES);
  if (records < LEAST_ORDERED) return false;
  for (let i = 1; i < records; i++) {
    const at = i * ORACLE_RECORD_BYTES;
    if (bytes.readUInt32LE(at) < bytes.readUInt32LE(at - ORACLE_RECORD_BYTES)) return false;
  }
  return true;
}
