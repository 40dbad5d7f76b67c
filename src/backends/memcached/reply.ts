/** What a reply line says. The two-letter codes are the meta protocol's own (memcached, doc/protocol.txt). */
export type ReplyKind =
  /** Stored, deleted, or there. */
  | 'HD'
  /** A value. */
  | 'VA'
  /** Not there: the miss of `mg`. */
  | 'EN'
  /** Not there: the miss of `md` and of a compare-and-swap. */
  | 'NF'
  /** Not stored: `add` found an entry. */
  | 'NS'
  /** The compare-and-swap lost. */
  | 'EX'
  /** End of a batch (`mn`). */
  | 'MN'
  /** `STAT name value` */
  | 'STAT'
  /** End of `stats`. */
  | 'END'
  /** `ERROR`, `CLIENT_ERROR …`: the server did not understand; what follows may be out of step. */
  | 'CLIENT_ERROR'
  /** `SERVER_ERROR …`: this command failed, the connection is in step. */
  | 'SERVER_ERROR';

/** One reply. */
export interface Reply {
  readonly kind: ReplyKind;
  /** The value of `VA`, a copy of its own. */
  readonly value: Buffer | undefined;
  /** Flag `t`: seconds left to live; -1 when the entry does not expire. */
  readonly ttlSeconds: number | undefined;
  /** Flag `c`: number for a later compare-and-swap. */
  readonly cas: string | undefined;
  /** Flag `f`: what the client that stored the item marked it with, 32 bits; 0 when not asked for. */
  readonly clientFlags: number;
  /** Flag `s`: the value's size in bytes, told without the value. */
  readonly size: number | undefined;
  /** Flags `W` and `Z`: this request, or an earlier one, is the one that is to make the value anew. */
  readonly turn: 'won' | 'lost' | undefined;
  /** The whole line, of the kinds written as words. */
  readonly line: string;
}

/** Bytes came that memcached does not send here. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** Longer than any line of the protocol (a key and all flags). */
const MAX_LINE_BYTES = 4096;
/** Above any `item_size_max` (1 GiB). */
const MAX_VALUE_BYTES = 2 ** 30;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;

type Flags = Pick<Reply, 'ttlSeconds' | 'cas' | 'clientFlags' | 'size' | 'turn'>;

const NO_FLAGS: Flags = {
  ttlSeconds: undefined,
  cas: undefined,
  clientFlags: 0,
  size: undefined,
  turn: undefined,
};

/**
 * Incremental parser of replies: takes bytes cut anywhere, and calls `onReply` for each complete reply in order.
 * It keeps no reference to the bytes it is given, so that the caller may reuse the memory.
 */
export class ReplyParser {
  readonly #onReply: (reply: Reply) => void;
  /** The beginning of a line whose end has not come. */
  #rest: Buffer = Buffer.alloc(0);
  /** A value, with its line end, of which the first `#filled` bytes have come; its header line as read. */
  #value: Buffer | undefined;
  #filled = 0;
  #header: Flags = NO_FLAGS;

  constructor(onReply: (reply: Reply) => void) {
    this.#onReply = onReply;
  }

  /** @throws ProtocolError; the parser must not be used after that */
  push(bytes: Buffer): void {
    let chunk = bytes;
    if (this.#rest.length > 0) {
      chunk = Buffer.concat([this.#rest, bytes]);
      this.#rest = Buffer.alloc(0);
    }
    let at = 0;
    while (at < chunk.length) {
      if (this.#value !== undefined) {
        at = this.#fill(this.#value, chunk, at);
        continue;
      }
      const end = chunk.indexOf(LF, at);
      if (end < 0) {
        if (chunk.length - at > MAX_LINE_BYTES)
          throw new ProtocolError(chunk.toString('latin1', at, at + 80));
        this.#rest = Buffer.from(chunk.subarray(at));
        return;
      }
      at = this.#line(chunk, at, end);
    }
  }

  /** Reads the line and, when it is there, the whole value after it; gives the place after them. */
  #line(chunk: Buffer, start: number, end: number): number {
    if (end - start < 3 || chunk[end - 1] !== CR)
      throw new ProtocolError(chunk.toString('latin1', start, end));
    const kind = metaKind(chunk, start);
    if (kind === undefined) {
      this.#onReply(wordReply(chunk.toString('latin1', start, end - 1)));
    } else if (kind === 'VA') {
      return this.#beginValue(chunk, start, end);
    } else {
      this.#onReply(
        end - start === 3
          ? BARE[kind]
          : { kind, value: undefined, line: '', ...flagsOf(chunk, start + 2, end - 1) },
      );
    }
    return end + 1;
  }

  #beginValue(chunk: Buffer, start: number, end: number): number {
    let size = 0;
    let at = start + 3;
    for (; at < end - 1 && chunk[at] !== SPACE; at++) {
      const digit = (chunk[at] ?? 0) - 0x30;
      if (digit < 0 || digit > 9) throw new ProtocolError(chunk.toString('latin1', start, end));
      size = size * 10 + digit;
    }
    if (at === start + 3 || size > MAX_VALUE_BYTES)
      throw new ProtocolError(chunk.toString('latin1', start, end));
    this.#header = at === end - 1 ? NO_FLAGS : flagsOf(chunk, at, end - 1);
    this.#value = Buffer.allocUnsafe(size + 2);
    this.#filled = 0;
    return end + 1;
  }

  #fill(value: Buffer, chunk: Buffer, start: number): number {
    const size = value.length - 2;
    const copied = chunk.copy(value, this.#filled, start);
    this.#filled += copied;
    if (this.#filled < value.length) return start + copied;
    if (value[size] !== CR || value[size + 1] !== LF) throw new ProtocolError('a value without its end');
    this.#value = undefined;
    this.#onReply({ kind: 'VA', value: value.subarray(0, size), ...this.#header, line: '' });
    return start + copied;
  }
}

const META_KINDS = ['HD', 'VA', 'EN', 'NF', 'NS', 'EX', 'MN'] as const;
type MetaKind = (typeof META_KINDS)[number];

const bare = (kind: MetaKind): Reply => ({ kind, value: undefined, ...NO_FLAGS, line: '' });
const BARE: Readonly<Record<MetaKind, Reply>> = {
  HD: bare('HD'),
  VA: bare('VA'),
  EN: bare('EN'),
  NF: bare('NF'),
  NS: bare('NS'),
  EX: bare('EX'),
  MN: bare('MN'),
};
const KIND_BY_BYTES = new Map(
  META_KINDS.map((kind) => [(kind.charCodeAt(0) << 8) | kind.charCodeAt(1), kind] as const),
);

function metaKind(chunk: Buffer, start: number): MetaKind | undefined {
  const after = chunk[start + 2];
  if (after !== CR && after !== SPACE) return undefined;
  return KIND_BY_BYTES.get(((chunk[start] ?? 0) << 8) | (chunk[start + 1] ?? 0));
}

function flagsOf(chunk: Buffer, start: number, end: number): Flags {
  let { ttlSeconds, cas, clientFlags, size, turn } = NO_FLAGS;
  let at = start;
  while (at < end) {
    const flag = chunk[at++];
    if (flag === SPACE) continue;
    const from = at;
    while (at < end && chunk[at] !== SPACE) at++;
    if (flag === FLAG.t) ttlSeconds = numberAt(chunk, from, at);
    else if (flag === FLAG.c) cas = chunk.toString('latin1', from, at);
    else if (flag === FLAG.f) clientFlags = numberAt(chunk, from, at);
    else if (flag === FLAG.s) size = numberAt(chunk, from, at);
    else if (flag === FLAG.W) turn = 'won';
    else if (flag === FLAG.Z) turn = 'lost';
  }
  return { ttlSeconds, cas, clientFlags, size, turn };
}

const FLAG = { t: 0x74, c: 0x63, f: 0x66, s: 0x73, W: 0x57, Z: 0x5a } as const;
const MINUS = 0x2d;

function numberAt(chunk: Buffer, start: number, end: number): number {
  if (chunk[start] === MINUS) return -numberAt(chunk, start + 1, end);
  let number = 0;
  for (let at = start; at < end; at++) number = number * 10 + (chunk[at] ?? 0) - 0x30;
  return number;
}

function wordReply(line: string): Reply {
  const kind = wordKind(line.split(' ', 1)[0] ?? '');
  if (kind === undefined) throw new ProtocolError(line);
  return { kind, value: undefined, ...NO_FLAGS, line };
}

function wordKind(word: string): ReplyKind | undefined {
  if (word === 'ERROR') return 'CLIENT_ERROR';
  return word === 'STAT' || word === 'END' || word === 'CLIENT_ERROR' || word === 'SERVER_ERROR'
    ? word
    : undefined;
}
