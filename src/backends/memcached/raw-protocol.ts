import { ForeignBytes, type RawAnswer, type RawKeys, type RawProtocol } from '../raw-protocol.ts';
import { digitsOf, type RequestBuffer } from '../request-buffer.ts';
import type { Clock } from '../../base/clock.ts';
import { deadlineExceeded, serverError, unreachable, wrongProtocol } from './errors.ts';
import { entryExpiry } from './expiry.ts';

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const ZERO = 0x30;

/** Longer than any line of the protocol. */
const MAX_LINE_BYTES = 4096;
/** Marks the answers to `ma`, which has no code of its own. */
const COUNTER_MARK = 'O';

const code = (letters: string): number => (letters.charCodeAt(0) << 8) | letters.charCodeAt(1);
const VA = code('VA');
const EN = code('EN');
const DONE = new Set(['HD', 'NF', 'NS', 'EX', 'MN'].map(code));

const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');
const LINE_END = ascii('\r\n');

/** The meta protocol of Memcached, as far as a load generator needs it. */
export function memcachedProtocol(server: string, keys: RawKeys, clock: Clock): RawProtocol {
  const { lead, counterLead, digits } = keys;
  const ttl = entryExpiry(keys.ttlMs, undefined, clock);
  const getHead = ascii(`mg ${lead}`);
  const getTail = ascii(' v\r\n');
  const setHead = ascii(`ms ${lead}`);
  const space = ascii(' ');
  const setTail = ascii(` T${ttl}\r\n`);
  const deleteHead = ascii(`md ${lead}`);
  const touchTail = ascii(` T${ttl}\r\n`);
  const incrementHead = ascii(`ma ${counterLead}`);
  const incrementTail = ascii(` N${ttl} J1 v ${COUNTER_MARK}1\r\n`);
  const keyed = (out: RequestBuffer, head: Buffer, key: number, tail: Buffer): void =>
    out.addKeyed(head, key, digits, tail);
  return {
    get: (out, key) => keyed(out, getHead, key, getTail),
    getMany: (out, all) => {
      for (const key of all) keyed(out, getHead, key, getTail);
    },
    set: (out, key, value) => {
      keyed(out, setHead, key, space);
      out.addNumber(value.length, digitsOf(value.length));
      out.add(setTail);
      out.add(value);
      out.add(LINE_END);
    },
    delete: (out, key) => keyed(out, deleteHead, key, LINE_END),
    touch: (out, key) => keyed(out, getHead, key, touchTail),
    increment: (out, key) => keyed(out, incrementHead, key, incrementTail),
    read: readAnswers,
    greeting: { bytes: ascii('mn\r\n'), answers: 1 },
    refused: (text) => serverError(server, text),
    lost: (cause) =>
      cause === undefined
        ? unreachable(server, 'closed the connection')
        : unreachable(server, `cannot be reached: ${cause.message}`, cause),
    late: (silentMs) => deadlineExceeded(server, silentMs),
    foreign: () => wrongProtocol(server, 'bytes that are none of its meta protocol'),
  };
}

/** A request for several keys is one command a key, and so has one answer a key. */
function readAnswers(bytes: Buffer, from: number, to: number, keys: number, answer: RawAnswer): number {
  answer.values();
  if (keys === 1) return readOne(bytes, from, to, 0, answer);
  let at = from;
  let failure: string | undefined;
  for (let key = 0; key < keys; key++) {
    at = readOne(bytes, at, to, key, answer);
    if (at < 0) return -1;
    if (answer.kind === 'error') failure = answer.text;
    answer.kind = 'values';
  }
  if (failure !== undefined) answer.fail(failure);
  return at;
}

/** @throws ForeignBytes */
function readOne(bytes: Buffer, from: number, to: number, of: number, answer: RawAnswer): number {
  if (to - from < 4) return -1;
  const after = bytes[from + 2];
  const letters = after === CR || after === SPACE ? (bytes[from]! << 8) | bytes[from + 1]! : 0;
  if (letters === VA) return readValue(bytes, from, to, of, answer);
  const end = endOfLine(bytes, from, to);
  if (end < 0) return -1;
  if (letters === EN) return end + 2;
  if (DONE.has(letters)) answer.kind = 'done';
  else answer.fail(errorLine(bytes.toString('latin1', from, end)));
  return end + 2;
}

function errorLine(line: string): string {
  if (/^(ERROR|CLIENT_ERROR|SERVER_ERROR)\b/.test(line)) return line;
  throw new ForeignBytes(line);
}

function readValue(bytes: Buffer, from: number, to: number, of: number, answer: RawAnswer): number {
  let at = from + 3;
  let size = 0;
  for (; at < to && bytes[at] !== CR && bytes[at] !== SPACE; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) throw new ForeignBytes('no size of a value');
    size = size * 10 + digit;
  }
  const lineEnd = bytes[at] === CR && at < to ? at : endOfLine(bytes, at, to);
  if (lineEnd < 0) return -1;
  const start = lineEnd + 2;
  const end = start + size;
  if (end + 2 > to) return -1;
  if (bytes[end] !== CR || bytes[end + 1] !== LF) throw new ForeignBytes('a value without its end');
  if (bytes[at + 1] === COUNTER_MARK.charCodeAt(0) && at < lineEnd) {
    answer.kind = 'number';
    answer.number = Number(bytes.toString('latin1', start, end));
  } else {
    answer.addValue(of, start, end);
  }
  return end + 2;
}

/** Place of the line end, or -1 when it has not come. */
function endOfLine(bytes: Buffer, from: number, to: number): number {
  for (let at = from; at + 1 < to; at++) {
    if (bytes[at] === CR && bytes[at + 1] === LF) return at;
  }
  if (to - from > MAX_LINE_BYTES) throw new ForeignBytes('a line without an end');
  return -1;
}
