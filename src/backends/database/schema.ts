import type { SqlDatabase } from './sql.ts';

export interface TableShape {
  readonly name: string;
  /** Statements that create it when it is missing. */
  readonly ddl: readonly string[];
  /** Columns, with their types, that tables of an older version lack. */
  readonly added?: Readonly<Record<string, string>>;
}

/** In SQLite, which cannot add a column "if not exists". */
export async function createInFile(database: SqlDatabase, tables: readonly TableShape[]): Promise<void> {
  await database.batch(tables.flatMap(({ ddl }) => ddl.map((sql) => ({ sql }))));
  for (const { name, added = {} } of tables) {
    const missing = async (): Promise<string[]> => {
      const rows = await database.query('SELECT name FROM pragma_table_info($1)', [name]);
      const present = new Set(rows.map((row) => row['name']));
      return Object.keys(added).filter((column) => !present.has(column));
    };
    const columns = await missing();
    if (columns.length === 0) continue;
    const alter = columns.map((column) => ({
      sql: `ALTER TABLE ${name} ADD COLUMN ${column} ${added[column]}`,
    }));
    await database.batch(alter).catch(async (error: unknown) => {
      // Somebody else may just have added them.
      if ((await missing()).length > 0) throw error;
    });
  }
}

/** In PostgreSQL. Looks first, because "create if not exists" needs the right to create; two that create at once wait for each other. */
export async function createOnce(database: SqlDatabase, tables: readonly TableShape[]): Promise<void> {
  const names = tables.map(({ name }) => name);
  const present = tables.map(({ added = {} }, i) => {
    const columns = Object.keys(added).map(
      (column) =>
        `EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass($${i + 1}) AND attname = '${column}')`,
    );
    return [`to_regclass($${i + 1}) IS NOT NULL`, ...columns].join(' AND ');
  });
  const row = await database.first(`SELECT ${present.join(' AND ')} AS present`, names);
  if (row?.['present'] === true) return;
  const lock = { sql: 'SELECT pg_advisory_xact_lock(hashtext($1))', params: names.slice(0, 1) };
  const alter = tables.flatMap(({ name, added = {} }) =>
    Object.entries(added).map(
      ([column, type]) => `ALTER TABLE ${name} ADD COLUMN IF NOT EXISTS ${column} ${type}`,
    ),
  );
  const ddl = [...tables.flatMap((table) => table.ddl), ...alter];
  await database.batch([lock, ...ddl.map((sql) => ({ sql }))]);
}
