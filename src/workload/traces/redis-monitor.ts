import type { TraceBatch } from './batch.ts';
import { NEWLINE, shown, SPACE, wholeNumber } from './fields.ts';
import type { TraceFormat } from './format.ts';
import { LineParser } from './lines.ts';
import { TRACE_OPERATIONS } from './operation.ts';
import { RedisArguments } from './redis-arguments.ts';
import { REDIS_COMMANDS, type RedisCommand, TTL_OPTIONS } from './redis-commands.ts';
import type { TraceTally } from './tally.ts';

const OK = Buffer.from('OK');
const PLUS = 0x2b;
const DOT = 0x2e;
const OPENING = 0x5b;
const CLOSING = 0x5d;
const MICROSECOND_DIGITS = 6;

const LINE = '1339518083.107412 [0 127.0.0.1:60866] "get" "key"';

/**
 * What MONITOR of Redis or Valkey prints (redis.io/commands/monitor). Times are in microseconds; a value's size is
 * that of the value itself, without quotes and escapes; who called from a script is client `lua`. A command with
 * several keys gives a record for each, joined. The number of the database is not read.
 */
export const redisMonitor: TraceFormat = {
  keyEncoding: 'text',
  timeResolutionMs: 0.001,
  terminator: NEWLINE,
  createParser: (tally) => {
    const reader = new MonitorLines(tally);
    return new LineParser(tally, (bytes, start, end, batch) => {
      reader.read(bytes, start, end, batch);
      return true;
    });
  },
};

class MonitorLines {
  readonly #tally: TraceTally;
  readonly #arguments = new RedisArguments();
  #timeMs = 0;
  #clientStart = 0;
  #clientEnd = 0;

  constructor(tally: TraceTally) {
    this.#tally = tally;
  }

  read(bytes: Buffer, lineStart: number, end: number, batch: TraceBatch): void {
    if (end - lineStart === OK.length && OK.compare(bytes, lineStart, end) === 0) return;
    const start = bytes[lineStart] === PLUS ? lineStart + 1 : lineStart;
    const lineShown = (): string => `the line is ${shown(bytes, start, end)}, expected one as ${LINE}`;
    const from = this.#readHead(bytes, start, end);
    if (from < 0) {
      this.#tally.reject(lineShown());
      return;
    }
    const args = this.#arguments;
    if (!args.read(bytes, from, end)) {
      this.#tally.reject('an argument is not in quotes, or its quotes or escapes are not complete');
      return;
    }
    const name = bytes.toString('latin1', args.start(0), args.end(0)).toLowerCase();
    const command = Object.hasOwn(REDIS_COMMANDS, name) ? REDIS_COMMANDS[name] : undefined;
    if (command === undefined) this.#tally.skip(name);
    else if (args.count < 2 + (command.value ?? 0)) this.#tally.reject(`arguments of '${name}' are missing`);
    else this.#add(bytes, command, batch);
  }

  /** Reads time and client; returns where the command begins, -1 when this is no head of a line. */
  #readHead(bytes: Buffer, start: number, end: number): number {
    const dot = indexOf(bytes, DOT, start, end);
    const space = indexOf(bytes, SPACE, dot, end);
    const space2 = indexOf(bytes, SPACE, space + 1, end);
    // An IPv6 address has brackets, too: `[0 [::1]:6379]`.
    const closing = indexOf(bytes, SPACE, space2 + 1, end) - 1;
    const seconds = wholeNumber(bytes, start, dot);
    const micros = wholeNumber(bytes, dot + 1, space);
    const isHead =
      seconds >= 0 &&
      micros >= 0 &&
      space - dot === MICROSECOND_DIGITS + 1 &&
      bytes[space + 1] === OPENING &&
      bytes[closing] === CLOSING &&
      closing + 1 < end;
    if (!isHead) return -1;
    this.#timeMs = seconds * 1000 + micros / 1000;
    this.#clientStart = space2 + 1;
    this.#clientEnd = closing;
    return closing + 2;
  }

  #add(bytes: Buffer, { operation, step, value, ttl }: RedisCommand, batch: TraceBatch): void {
    const args = this.#arguments;
    const ttlSeconds =
      ttl === 'options'
        ? this.#ttlOption(bytes)
        : ttl === undefined
          ? Number.NaN
          : this.#ttlAt(bytes, ttl.argument, ttl.unitMs);
    if (ttlSeconds < 0) {
      this.#tally.reject('the TTL is no number, expected a whole one');
      return;
    }
    const code = TRACE_OPERATIONS.indexOf(operation);
    const last = step === undefined ? 1 : args.count - 1;
    if (last > 1) batch.reserve(last);
    for (let key = 1; key <= last; key += step ?? 1) {
      const i = batch.length++;
      const at = key + (value ?? 0);
      batch.timeMs[i] = this.#timeMs;
      batch.operation[i] = code;
      batch.joined[i] = key === 1 ? 0 : 1;
      batch.keyStart[i] = args.start(key);
      batch.keyEnd[i] = args.end(key);
      batch.clientStart[i] = this.#clientStart;
      batch.clientEnd[i] = this.#clientEnd;
      batch.keyBytes[i] = args.end(key) - args.start(key);
      batch.valueBytes[i] =
        value === undefined || at >= args.count ? Number.NaN : args.end(at) - args.start(at);
      batch.ttlSeconds[i] = ttlSeconds;
    }
  }

  #ttlOption(bytes: Buffer): number {
    const args = this.#arguments;
    for (let i = 3; i + 1 < args.count; i++) {
      const unitMs = TTL_OPTIONS[bytes.toString('latin1', args.start(i), args.end(i)).toLowerCase()];
      if (unitMs !== undefined) return this.#ttlAt(bytes, i + 1, unitMs);
    }
    return Number.NaN;
  }

  /** In seconds; -1 when it is no number. A command that Redis itself refuses is in the output as well. */
  #ttlAt(bytes: Buffer, argument: number, unitMs: number): number {
    const args = this.#arguments;
    if (argument >= args.count) return -1;
    const amount = wholeNumber(bytes, args.start(argument), args.end(argument));
    return amount < 0 ? -1 : (amount * unitMs) / 1000;
  }
}

/** Where the byte is between `start` and `end`; `end` when it is not there. */
function indexOf(bytes: Uint8Array, byte: number, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== byte) at++;
  return at;
}
