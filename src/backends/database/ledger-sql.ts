import { MAX_PATTERNS } from '../ledger.ts';
import type { Dialect } from './dialect.ts';
import type { TableShape } from './schema.ts';

export interface LedgerTables {
  /** One row a namespace. */
  readonly pages: string;
  /** One row a tag. */
  readonly tags: string;
}

/** How long a tag is kept after it was last changed or, at least every second half of that time, asked for. */
export const KEPT_MS: number = 30 * 24 * 3_600_000;

export function ledgerTables({ pages, tags }: LedgerTables, { bytes, time }: Dialect): readonly TableShape[] {
  return [
    {
      name: pages,
      ddl: [
        `CREATE TABLE IF NOT EXISTS ${pages} (key ${bytes} PRIMARY KEY NOT NULL, incarnation text NOT NULL, epoch bigint NOT NULL, floor bigint NOT NULL, patterns text NOT NULL)`,
      ],
    },
    {
      name: tags,
      ddl: [
        `CREATE TABLE IF NOT EXISTS ${tags} (key ${bytes} PRIMARY KEY NOT NULL, incarnation text NOT NULL, epoch bigint NOT NULL, expires_at ${time} NOT NULL)`,
        `CREATE INDEX IF NOT EXISTS ${tags}_expires_at ON ${tags} (expires_at)`,
      ],
    },
  ];
}

interface LedgerSql {
  /** `$1` is the namespace, `$2` an incarnation if one is needed. Those that change the page lock its row. */
  readonly make: string;
  readonly next: string;
  readonly nextIncarnation: string;
  /** `$1` is the namespace, `$2` a JSON array of arrays of one pattern each. */
  readonly addPatterns: string;
  /** For keys of tags that are given, and the namespace. */
  readonly makeTags: string;
  readonly putTags: string;
  /** `$1` is the namespace. */
  readonly page: string;
  /** `$1` are keys of tags, `$2` is the namespace. */
  readonly pageAndTags: string;
}

/** Statements of {@link DatabaseLedger}. */
export function ledgerSql({ pages, tags }: LedgerTables, dialect: Dialect): LedgerSql {
  const { now } = dialect;
  const begin = (epoch: number, otherwise: string): string =>
    `INSERT INTO ${pages} (key, incarnation, epoch, floor, patterns) VALUES ($1, $2, ${epoch}, 0, '[]') ` +
    `ON CONFLICT (key) DO ${otherwise}`;
  const next = `epoch = ${pages}.epoch + 1`;
  const put = (epoch: string): string =>
    `INSERT INTO ${tags} (key, incarnation, epoch, expires_at) ` +
    `SELECT given.key, ${pages}.incarnation, ${pages}.epoch, ${now} + ${KEPT_MS} ` +
    `FROM ${dialect.many.given({ key: 'bytes' })}, ${pages} WHERE ${pages}.key = $2 ORDER BY given.key ` +
    `ON CONFLICT (key) DO UPDATE SET epoch = ${epoch}, incarnation = excluded.incarnation, expires_at = excluded.expires_at`;
  const page = (key: string): string =>
    `SELECT key, incarnation, epoch, floor, patterns, 0 AS left_ms FROM ${pages} WHERE key = ${key}`;
  return {
    make: begin(0, 'NOTHING'),
    next: begin(1, `UPDATE SET ${next}`),
    nextIncarnation: begin(
      1,
      `UPDATE SET ${next}, incarnation = excluded.incarnation, patterns = excluded.patterns`,
    ),
    addPatterns: addPatterns(pages, dialect),
    makeTags: put(
      `CASE WHEN ${tags}.incarnation = excluded.incarnation THEN ${tags}.epoch ELSE excluded.epoch END`,
    ),
    putTags: put('excluded.epoch'),
    page: page('$1'),
    pageAndTags:
      `${page('$2')} UNION ALL SELECT tag.key, NULL, tag.epoch, NULL, NULL, tag.expires_at - ${now} FROM ${tags} AS tag ` +
      `JOIN ${pages} AS page ON page.key = $2 AND page.incarnation = tag.incarnation WHERE ${dialect.many.amongKeys('tag.key')}`,
  };
}

/** The page's patterns without those that come again, and these behind them; what is too old falls off. */
function addPatterns(pages: string, { jsonItems, jsonArray, jsonOf }: Dialect): string {
  const added = `SELECT value ->> 0 AS pattern FROM ${jsonItems('$2')}`;
  const all =
    `SELECT value ->> 0 AS pattern, CAST(value ->> 1 AS bigint) AS epoch, 0 AS added, place FROM ${jsonItems(`${pages}.patterns`)} ` +
    `WHERE value ->> 0 NOT IN (${added}) ` +
    `UNION ALL SELECT value ->> 0, ${pages}.epoch, 1, place FROM ${jsonItems('$2')}`;
  const aged = `SELECT pattern, epoch, row_number() OVER (ORDER BY added DESC, place DESC) AS age FROM (${all}) AS every`;
  const kept = `(SELECT ${jsonOf}(pattern, epoch) AS json, -age AS place FROM (${aged}) AS aged WHERE age <= ${MAX_PATTERNS}) AS kept`;
  const fallen = `SELECT epoch FROM (${aged}) AS aged WHERE age > ${MAX_PATTERNS}`;
  return (
    `UPDATE ${pages} SET patterns = ${jsonArray(kept)}, ` +
    `floor = (SELECT max(epoch) FROM (SELECT ${pages}.floor AS epoch UNION ALL ${fallen}) AS fallen) WHERE key = $1`
  );
}
