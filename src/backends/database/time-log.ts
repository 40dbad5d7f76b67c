/** Expressions on a column that holds times, in milliseconds, in the order in which they were added. */
export interface TimeLog {
  /** The column's type. */
  readonly type: string;
  /** A log that has `at` as often as the JSON array `units` is long. */
  begin(at: string, units: string): string;
  /** The log's times after `since`, and behind them `at` that often. */
  append(log: string, since: string, at: string, units: string): string;
  /** How many times are after `since`. */
  count(log: string, since: string): string;
  /** The time that so many others follow; null when there is none. */
  fromEnd(log: string, others: string): string;
}

const copies = (at: string, units: string): string =>
  `array_fill(${at}, ARRAY[json_array_length(${units}::json)])`;

/** A sorted array, so that `width_bucket` finds a time in it by halving. A clock that was set back must not unsort it. */
export const postgresTimes: TimeLog = {
  type: 'double precision[]',
  begin: copies,
  append: (log, since, at, units) =>
    `${log}[width_bucket(${since}, ${log}) + 1 :] || ${copies(`greatest(${at}, ${log}[cardinality(${log})])`, units)}`,
  count: (log, since) => `(cardinality(${log}) - width_bucket(${since}, ${log}))`,
  fromEnd: (log, others) => `${log}[cardinality(${log}) - ${others}::int]`,
};

export const sqliteTimes: TimeLog = {
  type: 'text',
  begin: (at, units) => `(SELECT json_group_array(${at}) FROM json_each(${units}))`,
  append: (log, since, at, units) =>
    `(SELECT json_group_array(at) FROM (SELECT value AS at FROM json_each(${log}) WHERE value > ${since} ` +
    `UNION ALL SELECT ${at} FROM json_each(${units})))`,
  count: (log, since) => `(SELECT count(*) FROM json_each(${log}) WHERE value > ${since})`,
  fromEnd: (log, others) => `(${log} ->> CAST(json_array_length(${log}) - 1 - ${others} AS integer))`,
};
