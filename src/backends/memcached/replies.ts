import type { TierHit } from '../tier-entry.ts';
import { serverError } from './errors.ts';
import { itemKind } from './items.ts';
import type { Gatherer, ReadReply } from './pending.ts';
import type { Reply } from './reply.ts';

/** How each command's replies are read. Each takes the server's name, for errors. */
export interface ReplyReaders {
  /** `mg … v f`: leases and notes of failure are misses. */
  readonly hit: ReadReply<TierHit | undefined>;
  /** `mg … v t f` */
  readonly hitWithTtl: ReadReply<TierHit | undefined>;
  /** `mg` with whatever flags: the reply itself. */
  readonly item: ReadReply<Reply>;
  /** `ms` */
  readonly stored: ReadReply<void>;
  /** `md`: whether there was an entry. */
  readonly deleted: ReadReply<boolean>;
  /** A conditional `ms` or `md`: whether it took place. */
  readonly done: ReadReply<boolean>;
}

export function replyReaders(server: string): ReplyReaders {
  const unexpected = (reply: Reply): Error =>
    serverError(server, reply.line === '' ? reply.kind : reply.line);
  const yesOrNo = (reply: Reply): boolean => {
    if (reply.kind === 'HD') return true;
    if (reply.kind === 'NF' || reply.kind === 'NS' || reply.kind === 'EX') return false;
    throw unexpected(reply);
  };
  return {
    hit(reply) {
      if (reply.kind === 'EN') return undefined;
      if (reply.kind !== 'VA' || reply.value === undefined) throw unexpected(reply);
      return itemKind(reply) === 'entry' ? { value: reply.value } : undefined;
    },
    hitWithTtl(reply) {
      if (reply.kind === 'EN') return undefined;
      if (reply.kind !== 'VA' || reply.value === undefined) throw unexpected(reply);
      return itemKind(reply) === 'entry'
        ? { value: reply.value, ttlMs: remainingMs(reply.ttlSeconds) }
        : undefined;
    },
    item(reply) {
      if (reply.kind === 'VA' || reply.kind === 'HD' || reply.kind === 'EN') return reply;
      throw unexpected(reply);
    },
    stored(reply) {
      if (reply.kind !== 'HD') throw unexpected(reply);
    },
    deleted: yesOrNo,
    done: yesOrNo,
  };
}

/**
 * The server counts whole seconds and drops an entry when the count reaches 0, so between `t - 1` and `t` seconds
 * are left. The lower bound is told: a copy in a nearer tier must not outlive the entry.
 */
function remainingMs(seconds: number | undefined): number | undefined {
  if (seconds === undefined || seconds < 0) return undefined;
  return Math.max(1, (seconds - 1) * 1000);
}

/** Gathers `count` replies, each read by `read`; when some fail, the first failure is what the call rejects with. */
export class EachReply<T> implements Gatherer<T[]> {
  readonly #read: ReadReply<T>;
  readonly #count: number;
  readonly #results: T[] = [];
  #taken = 0;
  #failure: unknown;

  constructor(count: number, read: ReadReply<T>) {
    this.#count = count;
    this.#read = read;
  }

  take(reply: Reply): boolean {
    try {
      this.#results.push(this.#read(reply));
    } catch (error) {
      this.#failure ??= error;
    }
    return ++this.#taken === this.#count;
  }

  result(): T[] {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#results;
  }
}

/** Gathers what a batch of quiet `md` says until `mn`: only misses and failures are told. */
export class QuietDeletes implements Gatherer<number> {
  readonly #server: string;
  #deleted: number;
  #failure: Error | undefined;

  constructor(server: string, sent: number) {
    this.#server = server;
    this.#deleted = sent;
  }

  take(reply: Reply): boolean {
    if (reply.kind === 'MN') return true;
    this.#deleted--;
    if (reply.kind !== 'NF') this.#failure ??= serverError(this.#server, reply.line || reply.kind);
    return false;
  }

  result(): number {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#deleted;
  }
}

/** Gathers `STAT name value` lines of one `stats` command. A server that refuses the command gives none. */
export class StatLines implements Gatherer<ReadonlyMap<string, string>> {
  readonly #stats = new Map<string, string>();

  take(reply: Reply): boolean {
    if (reply.kind !== 'STAT') return true;
    const [, name = '', ...value] = reply.line.split(' ');
    this.#stats.set(name, value.join(' '));
    return false;
  }

  result(): ReadonlyMap<string, string> {
    return this.#stats;
  }
}
