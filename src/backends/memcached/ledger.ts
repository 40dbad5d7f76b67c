import type { Clock } from '../../base/clock.ts';
import { delay, settleWithin } from '../../base/deadline.ts';
import type { Random } from '../../base/random.ts';
import type { Ledger, LedgerAdvance, LedgerChange, LedgerPage } from '../ledger.ts';
import { askAll, type Command } from './batch.ts';
import type { Connection } from './connection.ts';
import { deadlineExceeded } from './errors.ts';
import { casOf } from './fence-token.ts';
import { derivedKey, type WireKey, wireKey } from './keys.ts';
import {
  advanced,
  decodePage,
  decodeTag,
  encodePage,
  encodeTag,
  newPage,
  type StoredPage,
} from './ledger-page.ts';
import type { Servers } from './servers.ts';

export interface LedgerSettings {
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly random: Random;
}

/** In errors. */
const NAME = 'memcached ledger';
/** Longest pause before a change that lost against another's is tried again. */
const LONGEST_PAUSE_MS = 32;

/**
 * A ledger as one item for the page and one for each tag, all on the server that the namespace belongs to, each
 * changed by compare-and-swap alone. Several items cannot change at once, so it is their order that keeps the promise:
 *
 * - An advance first gives the page its new number and then raises the tags to it. Between the two nobody has been
 *   told that the tags are invalid; if the writer dies there, its call has not resolved, and the number merely went by.
 * - A read makes a tag that is missing in two steps: an empty item, and then, by that item's number, the number that the
 *   page had after the item was there. A tag that was raised or lost meanwhile has another number or none, and the
 *   read begins again. So a reader that was held up for long between the two cannot undo an invalidation.
 * - A tag names the page's series of numbers; under another, after the page was lost, it counts as missing.
 */
export class MemcachedLedger implements Ledger {
  readonly #page: WireKey;
  readonly #tagPrefix: string;
  readonly #connection: Connection;
  readonly #settings: LedgerSettings;
  /** Settles when the last advance of this process has. */
  #lastAdvance: Promise<unknown> = Promise.resolve();

  constructor(namespace: string, servers: Servers<Connection>, settings: LedgerSettings) {
    const page = derivedKey('~page:', namespace);
    this.#page = wireKey(NAME, page);
    this.#tagPrefix = `~tag:${namespace.length}:${namespace}:`;
    this.#connection = servers.of(page);
    this.#settings = settings;
  }

  read(tags: readonly string[]): Promise<LedgerPage> {
    return this.#inTime((dueMs) => this.#read(tags, dueMs));
  }

  /** One at a time in this process, as they would only get into each other's way. */
  advance(change: LedgerChange): Promise<LedgerAdvance> {
    return this.#inTime((dueMs) => {
      const turn = this.#lastAdvance.then(() => this.#advance(change, dueMs));
      this.#lastAdvance = turn.catch(() => {});
      return turn;
    });
  }

  async #read(tags: readonly string[], dueMs: number): Promise<LedgerPage> {
    for (let attempt = 0; ; attempt++) {
      const seen = await this.#look(tags, dueMs);
      if (seen !== undefined) {
        const { page, tags: found } = seen;
        const missing = found.filter(({ number }) => number === undefined);
        const made = await this.#change(missing.map((tag) => storeTag(tag, page)));
        const numbers = found.map(({ number = page.epoch }) => number);
        if (made.every(Boolean)) return pageOf(page, numbers);
      }
      await this.#pause(attempt);
    }
  }

  async #advance(change: LedgerChange, dueMs: number): Promise<LedgerAdvance> {
    const { tags = [] } = change;
    for (let attempt = 0; ; attempt++) {
      const seen = await this.#look(tags, dueMs);
      if (seen !== undefined) {
        const page = advanced(seen.page, change);
        // Where another was first, the page has reached this number through that one: a tag raised to it ends nothing that is newer.
        const [counted, ...raised] = await this.#change([
          this.#storePage(seen.condition, page),
          ...seen.tags.map((tag) => storeTag(tag, page)),
        ]);
        if (counted === true) {
          const left = tags.filter((_, i) => raised[i] !== true);
          await this.#raise(left, page, dueMs);
          const numbers = tags.map(() => page.epoch);
          return { page: pageOf(page, numbers), audience: undefined };
        }
      }
      await this.#pause(attempt);
    }
  }

  /** Raises tags that somebody else was changing at the same time. */
  async #raise(tags: readonly string[], page: StoredPage, dueMs: number): Promise<void> {
    let left = tags;
    for (let attempt = 0; left.length > 0; attempt++) {
      const seen = await this.#look(left, dueMs);
      if (seen !== undefined) {
        const low = seen.tags.filter(({ stored }) => (decodeTag(page, stored) ?? -1) < page.epoch);
        const raised = await this.#change(low.map((tag) => storeTag(tag, page)));
        left = low.filter((_, i) => raised[i] !== true).map(({ name }) => name);
      }
      if (left.length > 0) await this.#pause(attempt);
    }
  }

  /**
   * Reads the tags, making an empty item where there is none, and after them the page, in one round trip. When
   * there is no page it is made, and all is to be read again. Throws when it is too late for a change.
   */
  async #look(names: readonly string[], dueMs: number): Promise<Seen | undefined> {
    this.#checkDue(dueMs);
    const connection = this.#connection;
    const keys = names.map((name) => wireKey(NAME, derivedKey(this.#tagPrefix, name)));
    const [items, stored] = await Promise.all([
      askAll(
        connection,
        keys.map(({ text, flag }) => ({ line: `mg ${text} N0 c v${flag}\r\n` })),
        (reply) => ({ cas: casOf(connection, reply), stored: reply.value }),
      ),
      connection.request(`mg ${this.#page.text} c v${this.#page.flag}\r\n`, undefined, connection.read.item),
    ]);
    this.#checkDue(dueMs);
    const condition = stored.kind === 'EN' ? ' ME' : ` C${casOf(connection, stored)}`;
    const page = decodePage(stored.value);
    if (page === undefined) {
      await this.#change([this.#storePage(condition, newPage())]);
      return undefined;
    }
    const tags = items.map((item, i) => ({
      ...item,
      name: names[i] ?? '',
      key: keys[i] ?? this.#page,
      number: decodeTag(page, item.stored),
    }));
    return { condition, page, tags };
  }

  /**
   * Whether each took place. What has been seen is changed before the event loop goes on, and so over the connection
   * it was seen on: a server that was restarted would have other items under the same numbers.
   */
  #change(commands: readonly Command[]): Promise<boolean[]> {
    return askAll(this.#connection, commands, this.#connection.read.done);
  }

  #storePage(condition: string, page: StoredPage): Command {
    const value = encodePage(page);
    return { line: `ms ${this.#page.text} ${value.byteLength}${condition}${this.#page.flag}\r\n`, value };
  }

  /** Waits a random while, up to twice as long each time, so that those who are in each other's way get apart. */
  async #pause(attempt: number): Promise<void> {
    const { clock, random } = this.#settings;
    const longestMs = Math.min(LONGEST_PAUSE_MS, 2 ** attempt - 1);
    if (longestMs > 0) await delay(clock, random.next() * longestMs);
  }

  /** @param work is given the time by which it must have ended */
  #inTime<T>(work: (dueMs: number) => Promise<T>): Promise<T> {
    const { clock, deadlineMs } = this.#settings;
    return settleWithin(work(clock.nowMs() + deadlineMs), deadlineMs, () => this.#late(), clock);
  }

  #checkDue(dueMs: number): void {
    if (this.#settings.clock.nowMs() >= dueMs) throw this.#late();
  }

  #late(): Error {
    return deadlineExceeded(this.#connection.server, this.#settings.deadlineMs);
  }
}

/** What was there at one moment, as far as the conditions of the changes tell. */
interface Seen {
  /** That the page is still the same. */
  readonly condition: string;
  readonly page: StoredPage;
  readonly tags: readonly SeenTag[];
}

interface SeenTag {
  readonly name: string;
  readonly key: WireKey;
  readonly cas: string;
  readonly stored: Buffer | undefined;
  /** Undefined when it is missing. */
  readonly number: number | undefined;
}

function pageOf({ incarnation, epoch, floor, patterns }: StoredPage, tags: readonly number[]): LedgerPage {
  return { incarnation, epoch, floor, patterns, tags };
}

/** Gives the tag the page's number, if it is still what was seen. */
function storeTag({ key, cas }: SeenTag, page: StoredPage): Command {
  const value = encodeTag(page);
  return { line: `ms ${key.text} ${value.byteLength} C${cas}${key.flag}\r\n`, value };
}
