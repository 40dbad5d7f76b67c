import { ForeignBytes, type RawAnswer, type RawKeys, type RawProtocol } from '../raw-protocol.ts';
import { digitsOf, type RequestBuffer } from '../request-buffer.ts';
import type { RedisAddress } from './address.ts';
import { deadlineExceeded, redisError, unreachable, wrongProtocol } from './errors.ts';

const CR = 0x0d;
const LF = 0x0a;
const ZERO = 0x30;
const PLUS = 0x2b;
const MINUS = 0x2d;
const COLON = 0x3a;
const DOLLAR = 0x24;
const STAR = 0x2a;

/** Longer than any line that Redis answers with here. */
const MAX_LINE_BYTES = 65_536;

const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');
const LINE_END = ascii('\r\n');
const VALUE = ascii('\r\n$');

/** The Redis protocol (RESP2), as far as a load generator needs it. */
export function redisProtocol(address: RedisAddress, keys: RawKeys): RawProtocol {
  const { lead, counterLead, digits, ttlMs } = keys;
  const argument = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
  const keyHead = (before: string): string => `$${Buffer.byteLength(before) + digits}\r\n${before}`;
  const command = (name: string, words: number, before = lead): Buffer =>
    Buffer.from(`*${words}\r\n${argument(name)}${keyHead(before)}`);
  const getHead = command('GET', 2);
  const nextKey = Buffer.from(keyHead(lead));
  const setHead = command('SET', 5);
  const setTail = ascii(`\r\n${argument('PX')}${argument(String(ttlMs))}`);
  const deleteHead = command('UNLINK', 2);
  const touchHead = command('PEXPIRE', 3);
  const touchTail = ascii(`\r\n${argument(String(ttlMs))}`);
  const incrementHead = command('INCR', 2, counterLead);
  const keyed = (out: RequestBuffer, head: Buffer, key: number, tail: Buffer): void =>
    out.addKeyed(head, key, digits, tail);
  return {
    get: (out, key) => keyed(out, getHead, key, LINE_END),
    getMany: (out, all) => {
      out.add(ascii(`*${all.length + 1}\r\n${argument('MGET')}`));
      for (const key of all) keyed(out, nextKey, key, LINE_END);
    },
    set: (out, key, value) => {
      keyed(out, setHead, key, VALUE);
      out.addNumber(value.length, digitsOf(value.length));
      out.add(LINE_END);
      out.add(value);
      out.add(setTail);
    },
    delete: (out, key) => keyed(out, deleteHead, key, LINE_END),
    touch: (out, key) => keyed(out, touchHead, key, touchTail),
    increment: (out, key) => keyed(out, incrementHead, key, LINE_END),
    read: readAnswer,
    greeting: greetingOf(address),
    refused: (text) => redisError(Object.assign(new Error(text), { name: 'ReplyError' }), address.shown),
    lost: (cause) =>
      cause === undefined
        ? unreachable(address.shown, 'it closed the connection')
        : redisError(cause, address.shown),
    late: (silentMs) => deadlineExceeded(address.shown, silentMs),
    foreign: () => wrongProtocol(address.shown),
  };
}

function greetingOf({ username, password, db }: RedisAddress): RawProtocol['greeting'] {
  const request = (...words: readonly string[]): string =>
    `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
  const user = username === undefined ? [] : [username];
  const requests = [
    ...(username === undefined && password === undefined ? [] : [request('AUTH', ...user, password ?? '')]),
    ...(db === 0 ? [] : [request('SELECT', String(db))]),
    request('PING'),
  ];
  return { bytes: Buffer.from(requests.join('')), answers: requests.length };
}

/** @throws ForeignBytes */
function readAnswer(bytes: Buffer, from: number, to: number, _keys: number, answer: RawAnswer): number {
  const type = bytes[from];
  if (type === DOLLAR) {
    answer.values();
    return readBulk(bytes, from, to, 0, answer);
  }
  if (type === STAR) return readArray(bytes, from, to, answer);
  if (type !== PLUS && type !== COLON && type !== MINUS) throw new ForeignBytes('no answer of Redis');
  const end = endOfLine(bytes, from, to);
  if (end < 0) return -1;
  if (type === PLUS) answer.kind = 'done';
  else if (type === MINUS) answer.fail(bytes.toString('utf8', from + 1, end));
  else {
    answer.kind = 'number';
    answer.number = numberIn(bytes, from + 1, end);
  }
  return end + 2;
}

function readArray(bytes: Buffer, from: number, to: number, answer: RawAnswer): number {
  const end = endOfLine(bytes, from, to);
  if (end < 0) return -1;
  const items = numberIn(bytes, from + 1, end);
  answer.values();
  let at = end + 2;
  for (let item = 0; item < items; item++) {
    at = readBulk(bytes, at, to, item, answer);
    if (at < 0) return -1;
  }
  return at;
}

/** Adds the value; `$-1`, which is none, adds nothing. */
function readBulk(bytes: Buffer, from: number, to: number, of: number, answer: RawAnswer): number {
  let at = from + 1;
  if (at < to && bytes[from] !== DOLLAR) throw new ForeignBytes('no value of Redis');
  let size = 0;
  for (; at < to && bytes[at] !== CR; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return readNone(bytes, from, to);
    size = size * 10 + digit;
  }
  const start = at + 2;
  const end = start + size;
  if (end + 2 > to) return -1;
  if (bytes[end] !== CR || bytes[end + 1] !== LF) throw new ForeignBytes('a value without its end');
  answer.addValue(of, start, end);
  return end + 2;
}

function readNone(bytes: Buffer, from: number, to: number): number {
  const end = endOfLine(bytes, from, to);
  if (end < 0) return -1;
  if (numberIn(bytes, from + 1, end) !== -1) throw new ForeignBytes('no size of a value');
  return end + 2;
}

/** Place of the line end, or -1 when it has not come. */
function endOfLine(bytes: Buffer, from: number, to: number): number {
  for (let at = from + 1; at + 1 < to; at++) {
    if (bytes[at] === CR && bytes[at + 1] === LF) return at;
  }
  if (to - from > MAX_LINE_BYTES) throw new ForeignBytes('a line without an end');
  return -1;
}

function numberIn(bytes: Buffer, from: number, to: number): number {
  const negative = bytes[from] === MINUS;
  const start = negative ? from + 1 : from;
  let number = 0;
  for (let at = start; at < to; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) throw new ForeignBytes('no number');
    number = number * 10 + digit;
  }
  if (start >= to) throw new ForeignBytes('no number');
  return negative ? -number : number;
}
