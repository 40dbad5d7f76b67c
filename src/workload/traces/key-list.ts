import { NEWLINE } from './fields.ts';
import type { TraceFormat } from './format.ts';
import { LineParser } from './lines.ts';
import { TRACE_OPERATIONS } from './operation.ts';

const GET: number = TRACE_OPERATIONS.indexOf('get');

/** One key a line, as it is, and nothing else: every request is a get. */
export const keyList: TraceFormat = {
  keyEncoding: 'text',
  timeResolutionMs: undefined,
  terminator: NEWLINE,
  createParser: (tally) =>
    new LineParser(tally, (_bytes, start, end, batch) => {
      const i = batch.length++;
      batch.timeMs[i] = Number.NaN;
      batch.operation[i] = GET;
      batch.joined[i] = 0;
      batch.keyStart[i] = start;
      batch.keyEnd[i] = end;
      batch.clientStart[i] = batch.clientEnd[i] = 0;
      batch.keyBytes[i] = end - start;
      batch.valueBytes[i] = Number.NaN;
      batch.ttlSeconds[i] = Number.NaN;
      return true;
    }),
};
