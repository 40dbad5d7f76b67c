import { randomBytes } from 'node:crypto';
import { CachectlError } from '../../base/errors.ts';
import { keyBytes } from '../keys.ts';
import {
  type Ledger,
  type LedgerAdvance,
  type LedgerChange,
  type LedgerPage,
  type LedgerPattern,
} from '../ledger.ts';
import type { Dialect } from './dialect.ts';
import { bytesIn, inKeyOrder, type KeyedRow, mapKey } from './entries.ts';
import { KEPT_MS, ledgerSql, type LedgerTables } from './ledger-sql.ts';
import {
  type CallOptions,
  type CallTime,
  oneDeadline,
  type Row,
  type SqlDatabase,
  type SqlStatement,
} from './sql.ts';

export interface LedgerOptions {
  readonly tables: LedgerTables;
  readonly namespace: string;
  readonly time: CallTime;
}

/**
 * A namespace's page is one row, each of its tags another. A change locks the row of the page first and holds it to its
 * end: so numbers ascend. Who makes a missing tag does not wait for that lock, and need not: the number that it saw is
 * one that was reached, and a number that the tag has by then, or gets, is left alone. Tags belong to an incarnation;
 * those of another count as missing. To read is one statement, unless something is missing or a tag was not asked for
 * in a long time: what has to be written then is a second step.
 */
export class DatabaseLedger implements Ledger {
  readonly #database: SqlDatabase;
  readonly #dialect: Dialect;
  readonly #options: LedgerOptions;
  readonly #sql: ReturnType<typeof ledgerSql>;
  readonly #key: Uint8Array;

  constructor(database: SqlDatabase, dialect: Dialect, options: LedgerOptions) {
    this.#database = database;
    this.#dialect = dialect;
    this.#options = options;
    this.#sql = ledgerSql(options.tables, dialect);
    this.#key = keyBytes(options.namespace);
  }

  async read(tags: readonly string[]): Promise<LedgerPage> {
    const wanted = tags.map((tag) => this.#tagKey(tag));
    const left = oneDeadline(this.#options.time);
    const { sql, params } = this.#look(wanted);
    const seen = await this.#database.query(sql, params);
    const tagRows = tagsIn(seen);
    const isKept = (key: Uint8Array): boolean =>
      Number(tagRows.get(mapKey(key))?.['left_ms'] ?? 0) > KEPT_MS / 2;
    const unkept = wanted.filter((key) => !isKept(key));
    if (pageIn(seen) !== undefined && unkept.length === 0) return toPage(seen, wanted);
    return toPage(await this.#make(wanted, inKeyOrder(unkept.map((key) => [key])), left()), wanted);
  }

  async advance({ tags = [], patterns = [], all = false }: LedgerChange): Promise<LedgerAdvance> {
    const wanted = tags.map((tag) => this.#tagKey(tag));
    const work: SqlStatement[] = [
      { sql: all ? this.#sql.nextIncarnation : this.#sql.next, params: [this.#key, newIncarnation()] },
    ];
    if (patterns.length > 0) {
      const youngest = [...new Set(patterns.toReversed())].toReversed();
      const items = JSON.stringify(youngest.map((pattern) => [pattern]));
      work.push({ sql: this.#sql.addPatterns, params: [this.#key, items] });
    }
    const rows = inKeyOrder(wanted.map((key) => [key]));
    work.push(...this.#dialect.overMany(this.#sql.putTags, rows, [this.#key]), this.#look(wanted));
    const outcome = await this.#database.batch(work);
    return { page: toPage(outcome.at(-1) ?? [], wanted), audience: undefined };
  }

  /** Makes what is missing, and lets tags that are used live on. */
  async #make(
    wanted: readonly Uint8Array[],
    unkept: readonly KeyedRow[],
    options: CallOptions,
  ): Promise<readonly Row[]> {
    const work = [
      { sql: this.#sql.make, params: [this.#key, newIncarnation()] },
      ...this.#dialect.overMany(this.#sql.makeTags, unkept, [this.#key]),
      this.#look(wanted),
    ];
    return (await this.#database.batch(work, options)).at(-1) ?? [];
  }

  /** The page's row, and those of the tags that it has. */
  #look(wanted: readonly Uint8Array[]): SqlStatement {
    return wanted.length === 0
      ? { sql: this.#sql.page, params: [this.#key] }
      : { sql: this.#sql.pageAndTags, params: [this.#dialect.bindKeys(wanted), this.#key] };
  }

  #tagKey(tag: string): Uint8Array {
    return Buffer.concat([this.#key, SEPARATOR, keyBytes(tag)]);
  }
}

/** Not in any namespace: that is a part of keys, which hold no control characters. */
const SEPARATOR = Buffer.of(0);

const newIncarnation = (): string => randomBytes(8).toString('hex');

const pageIn = (rows: readonly Row[]): Row | undefined =>
  rows.find(({ incarnation }) => incarnation !== null);

function tagsIn(rows: readonly Row[]): Map<string, Row> {
  const tags = rows.filter(({ incarnation }) => incarnation === null);
  return new Map(tags.map((row) => [mapKey(bytesIn(row, 'key')), row]));
}

function toPage(rows: readonly Row[], wanted: readonly Uint8Array[]): LedgerPage {
  const { incarnation, epoch: reached, floor, patterns } = pageIn(rows) ?? {};
  if (typeof incarnation !== 'string' || typeof patterns !== 'string') {
    throw new CachectlError('CORRUPT_ENTRY', "the ledger has no page; the table is not cachectl's");
  }
  const epoch = Number(reached);
  const items: readonly (readonly [string, number])[] = JSON.parse(patterns);
  const tags = tagsIn(rows);
  return {
    incarnation,
    epoch,
    floor: Number(floor),
    patterns: items.map(([pattern, at]): LedgerPattern => ({ pattern, epoch: at })),
    tags: wanted.map((key) => Number(tags.get(mapKey(key))?.['epoch'] ?? epoch)),
  };
}
