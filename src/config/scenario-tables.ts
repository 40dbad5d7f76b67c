import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { messageOf, type Problem } from '../base/errors.ts';
import { shortestKeyName } from '../workload/key-names.ts';
import { type ReadTable, readPopularity, readSizes } from '../workload/table-files.ts';
import type { KeyspaceSection } from './keyspace-schema.ts';
import type { ScenarioFile } from './scenario-schema.ts';
import type { Keyspace, Scenario } from './scenario.ts';
import type { ValuesSection } from './values-schema.ts';
import type { YamlSource } from './yaml-source.ts';

type Tables = Pick<Scenario, 'keyspace' | 'values'>;

/** Largest number of keys of a scenario. */
const MAX_KEYS = 1_000_000_000;
/** Where neither the scenario nor the file tells how many. */
const DEFAULT_KEYS = 10_000;

/** Reads the files that a scenario names; problems are told with the place in the file they are in. */
export function readTables(
  { keyspace, values }: ScenarioFile,
  source: YamlSource,
  folder: string,
): { readonly tables?: Tables; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const read = <Table>(
    section: string,
    file: string,
    parse: (text: string) => ReadTable<Table>,
  ): Table | undefined => {
    const key = `${section}.file`;
    const place = { file: source.file, ...source.placeOf([section, 'file']), key };
    let found: ReadTable<Table>;
    try {
      found = parse(readFileSync(resolve(folder, file), 'utf8'));
    } catch (error) {
      problems.push({ ...place, message: `the file '${file}' cannot be read: ${messageOf(error)}` });
      return undefined;
    }
    if (found.problems === undefined) return found.table;
    problems.push(...found.problems.map(({ line, message }) => ({ file, line, key, message })));
    return undefined;
  };
  const tables = { keyspace: keyspaceWith(keyspace, read), values: valuesWith(values, read) };
  if (tables.keyspace !== undefined && tables.keyspace.keyBytes < shortestKeyName(tables.keyspace.keys)) {
    const least = shortestKeyName(tables.keyspace.keys);
    const message = `${tables.keyspace.keys} keys need at least ${least}B`;
    problems.push({
      file: source.file,
      ...source.placeOf(['keyspace', 'key_size']),
      key: 'keyspace.key_size',
      message,
    });
  }
  return problems.length > 0 || tables.keyspace === undefined || tables.values === undefined
    ? { problems }
    : { problems, tables: { keyspace: tables.keyspace, values: tables.values } };
}

type Read = <Table>(
  section: string,
  file: string,
  parse: (text: string) => ReadTable<Table>,
) => Table | undefined;

function keyspaceWith(section: KeyspaceSection, read: Read): Keyspace | undefined {
  if (!('file' in section)) return section;
  const found = read('keyspace', section.file, readPopularity);
  if (found === undefined) return undefined;
  const { keys: told, ...table } = found;
  const keys = section.keys ?? Math.min(Math.max(told ?? DEFAULT_KEYS, 1), MAX_KEYS);
  return { distribution: 'popularity', keys, keyBytes: section.keyBytes, table };
}

function valuesWith(section: ValuesSection, read: Read): Scenario['values'] | undefined {
  if (section.file === undefined) return section;
  const table = read('values', section.file, readSizes);
  return table && { distribution: 'table', table, compressibility: section.compressibility ?? 0 };
}
