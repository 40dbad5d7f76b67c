import { isMissingTable } from './errors.ts';
import type { CallOptions, Row, SqlDatabase, SqlParam, SqlStatement } from './sql.ts';

/** The same database, whose calls create the tables that they miss, and are then tried once more. */
export function recreatingTables(database: SqlDatabase, create: () => Promise<void>): SqlDatabase {
  let creating: Promise<void> | undefined;
  const healed = async <T>(call: () => Promise<T>): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      if (!isMissingTable(error)) throw error;
      creating ??= create().finally(() => {
        creating = undefined;
      });
      await creating;
      return call();
    }
  };
  return {
    product: database.product,
    address: database.address,
    query: (sql: string, params?: readonly SqlParam[], options?: CallOptions): Promise<readonly Row[]> =>
      healed(() => database.query(sql, params, options)),
    first: (sql: string, params?: readonly SqlParam[], options?: CallOptions): Promise<Row | undefined> =>
      healed(() => database.first(sql, params, options)),
    batch: (statements: readonly SqlStatement[], options?: CallOptions) =>
      healed(() => database.batch(statements, options)),
    close: () => database.close(),
  };
}
