import { randomUUID } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { wrongProtocol } from './errors.ts';
import type { Gatherer } from './pending.ts';
import { StatLines } from './replies.ts';
import type { Reply } from './reply.ts';

/** What a server tells about itself when a connection is made. */
export interface ServerFacts {
  readonly version: string;
  /** `item_size_max`: entry with key, value and header, in bytes. */
  readonly maxItemBytes: number;
  /**
   * What to add to our monotonic clock, in ms, to get the server's Unix time, which dates of expiry are in;
   * undefined when the server does not tell its time.
   */
  readonly unixTimeOffsetMs: number | undefined;
  /**
   * Differs between a server and the one that runs in its place after a restart, where the numbers of
   * compare-and-swap begin anew. The same for all who ask.
   */
  readonly incarnation: string;
  /** False when it was started without compare-and-swap (`-C`). */
  readonly casEnabled: boolean;
}

export const DEFAULT_MAX_ITEM_BYTES: number = 1024 * 1024;

export type Ask = <T>(command: string, gatherer: Gatherer<T>) => Promise<T>;

/**
 * Asks for version, clock and limits, and whether the meta commands are known.
 * @throws CachectlError `WRONG_PROTOCOL` when they are not
 */
export async function greet(server: string, ask: Ask, clock: Clock): Promise<ServerFacts> {
  const [stats, settings, meta] = await Promise.all([
    ask('stats\r\n', new StatLines()),
    ask('stats settings\r\n', new StatLines()),
    ask('mn\r\n', new AnyReply()),
  ]);
  if (meta.kind !== 'MN') throw wrongProtocol(server, meta.line);
  return factsOf(stats, settings, clock);
}

/** Reads the figures; those that a server does not tell have their defaults. */
export function factsOf(
  stats: ReadonlyMap<string, string>,
  settings: ReadonlyMap<string, string>,
  clock: Clock,
): ServerFacts {
  const seconds = Number(stats.get('time'));
  return {
    version: stats.get('version') ?? 'unknown',
    maxItemBytes: Number(settings.get('item_size_max') ?? DEFAULT_MAX_ITEM_BYTES),
    unixTimeOffsetMs: Number.isFinite(seconds) ? seconds * 1000 - clock.nowMs() : undefined,
    incarnation: incarnationOf(stats),
    casEnabled: settings.get('cas_enabled') !== 'no',
  };
}

/** Its process and the second it began in, which stays the same as both figures tick at once; random when not told. */
function incarnationOf(stats: ReadonlyMap<string, string>): string {
  const [pid, time, uptime] = ['pid', 'time', 'uptime'].map((name) => Number(stats.get(name)));
  const begun = Number(time) - Number(uptime);
  return Number.isFinite(begun) && Number.isFinite(pid) ? `${pid}-${begun}` : randomUUID();
}

class AnyReply implements Gatherer<Reply> {
  #reply: Reply | undefined;

  take(reply: Reply): boolean {
    this.#reply = reply;
    return true;
  }

  result(): Reply {
    if (this.#reply === undefined) throw new Error('asked before the reply');
    return this.#reply;
  }
}
