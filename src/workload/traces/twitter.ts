import { COMMA, NEWLINE, shown, wholeNumber, wholeNumberOrNone } from './fields.ts';
import type { TraceFormat } from './format.ts';
import { LineParser, type LineReader } from './lines.ts';
import { OperationWords } from './operation.ts';
import type { TraceTally } from './tally.ts';

const WORDS = new OperationWords({
  get: 'get',
  gets: 'get',
  set: 'set',
  add: 'set',
  replace: 'set',
  cas: 'set',
  append: 'set',
  prepend: 'set',
  delete: 'delete',
  incr: 'incr',
  decr: 'incr',
});

const FIELDS = 'timestamp,key,key size,value size,client,operation,TTL';
const COMMAS = 6;
/** Positions of the last 8 commas: a key may have some of its own. */
const RING = 8;
const LAST: number = RING - 1;

/**
 * The traces of Twitter's caches: J. Yang, Y. Yue and K. V. Rashmi, "A large scale analysis of hundreds of in-memory
 * cache clusters at Twitter", OSDI 2020 (github.com/twitter/cache-trace). CSV without a header: {@link FIELDS}. Times
 * are in whole seconds; a TTL of 0 is none. Keys are not quoted, so that commas too many belong to the key. Sizes,
 * client and TTL may be empty.
 */
export const twitterCsv: TraceFormat = {
  keyEncoding: 'text',
  timeResolutionMs: 1000,
  terminator: NEWLINE,
  createParser: (tally) => new LineParser(tally, twitterLines(tally)),
};

function twitterLines(tally: TraceTally): LineReader {
  const ring = new Int32Array(RING);
  return (bytes, start, end, batch) => {
    let commas = 0;
    let first = end;
    for (let at = start; at < end; at++) {
      if (bytes[at] !== COMMA) continue;
      if (commas === 0) first = at;
      ring[commas++ & LAST] = at;
    }
    if (commas < COMMAS) {
      tally.reject(`${commas + 1} fields, expected 7: ${FIELDS}`);
      return true;
    }
    const i = batch.length;
    // Counted from the end, where no field has commas.
    const keyEnd = ring[(commas - 5) & LAST]!;
    const keySizeEnd = ring[(commas - 4) & LAST]!;
    const valueSizeEnd = ring[(commas - 3) & LAST]!;
    const clientEnd = ring[(commas - 2) & LAST]!;
    const wordEnd = ring[(commas - 1) & LAST]!;
    const seconds = wholeNumber(bytes, start, first);
    const keyBytes = wholeNumberOrNone(bytes, keyEnd + 1, keySizeEnd);
    const valueBytes = wholeNumberOrNone(bytes, keySizeEnd + 1, valueSizeEnd);
    const operation = WORDS.find(bytes, clientEnd + 1, wordEnd);
    const ttl = wholeNumberOrNone(bytes, wordEnd + 1, end);
    if (seconds < 0) tally.reject(`timestamp is ${shown(bytes, start, first)}, expected whole seconds`);
    else if (first + 1 === keyEnd) tally.reject('the key is empty');
    else if (keyBytes < 0) reject(tally, 'key size', bytes, keyEnd + 1, keySizeEnd);
    else if (valueBytes < 0) reject(tally, 'value size', bytes, keySizeEnd + 1, valueSizeEnd);
    else if (ttl < 0) tally.reject(`TTL is ${shown(bytes, wordEnd + 1, end)}, expected whole seconds`);
    else if (operation < 0) tally.skip(bytes.toString('utf8', clientEnd + 1, wordEnd));
    else {
      batch.timeMs[i] = seconds * 1000;
      batch.operation[i] = operation;
      batch.joined[i] = 0;
      batch.keyStart[i] = first + 1;
      batch.keyEnd[i] = keyEnd;
      batch.clientStart[i] = valueSizeEnd + 1;
      batch.clientEnd[i] = clientEnd;
      batch.keyBytes[i] = keyBytes;
      batch.valueBytes[i] = valueBytes;
      batch.ttlSeconds[i] = ttl === 0 ? Number.NaN : ttl;
      batch.length = i + 1;
    }
    return true;
  };
}

function reject(tally: TraceTally, field: string, bytes: Buffer, start: number, end: number): void {
  tally.reject(`${field} is ${shown(bytes, start, end)}, expected a number of bytes`);
}
