import type { PopularityTable } from './distributions/popularity.ts';
import type { SizeTable } from './sizes/table.ts';

/** What is wrong with a file; the line is counted from 1. */
export interface FileProblem {
  readonly line: number;
  readonly message: string;
}

export type ReadTable<Table> =
  | { readonly table: Table; readonly problems?: undefined }
  | { readonly problems: readonly FileProblem[] };

export interface ReadPopularity extends PopularityTable {
  /** How many keys the file tells of; undefined where it tells only shares. */
  readonly keys: number | undefined;
}

const TOLERANCE = 1e-9;

/**
 * Reads how popular keys are, in one of three forms; lines that are empty or begin with `#` are left out:
 *
 * - a weight a line, each of one key;
 * - two numbers a line: which share of the keys, the hottest first, gets which share of the draws, both cumulated and
 *   rising to `1 1`;
 * - the `pop.json` of CacheBench: `popularityBuckets`, `popularityWeights`.
 */
export function readPopularity(text: string): ReadTable<ReadPopularity> {
  if (isJson(text)) {
    const read = readLists(text, 'popularityBuckets', 'popularityWeights', false);
    return 'problems' in read
      ? read
      : checkedPopularity({ groups: read.first, weights: read.second }, () => 1);
  }
  const { rows, problems } = readRows(text, [1, 2]);
  if (problems.length > 0) return { problems };
  if (rows[0]?.numbers.length === 2) return readCumulative(rows);
  const weights = rows.map(({ numbers }) => numbers[0] ?? 0);
  return checkedPopularity({ groups: weights.map(() => 1), weights }, (index) => rows[index]?.line ?? 1);
}

/**
 * Reads sizes with their weights: two numbers a line, or the `sizes.json` of CacheBench: `valSizeRange`,
 * `valSizeRangeProbability`, as many of both, or one size more where they are the bounds of ranges.
 */
export function readSizes(text: string): ReadTable<SizeTable> {
  if (isJson(text)) {
    const read = readLists(text, 'valSizeRange', 'valSizeRangeProbability', true);
    return 'problems' in read ? read : checkedSizes({ sizes: read.first, weights: read.second }, () => 1);
  }
  const { rows, problems } = readRows(text, [2]);
  if (problems.length > 0) return { problems };
  const table = {
    sizes: rows.map(({ numbers }) => numbers[0] ?? 0),
    weights: rows.map(({ numbers }) => numbers[1] ?? 0),
  };
  return checkedSizes(table, (index) => rows[index]?.line ?? 1);
}

interface Row {
  readonly line: number;
  readonly numbers: readonly number[];
}

function readRows(
  text: string,
  columns: readonly number[],
): { rows: readonly Row[]; problems: readonly FileProblem[] } {
  const rows = text.split(/\r?\n/).flatMap((line, index) => {
    const written = line.trim();
    if (written === '' || written.startsWith('#')) return [];
    return [{ line: index + 1, numbers: written.split(/[\s,]+/).map(toNumber) }];
  });
  if (rows.length === 0) return { rows, problems: [{ line: 1, message: 'there is no line with numbers' }] };
  const first = rows[0]?.numbers.length ?? 0;
  const width = columns.includes(first) ? first : (columns[0] ?? 0);
  const problems = rows.flatMap(({ line, numbers }) => {
    const right = numbers.length === width && numbers.every((number) => number >= 0 && number < Infinity);
    const what = width === 1 ? 'one number' : 'two numbers';
    return right ? [] : [{ line, message: `expected ${what}, 0 or more` }];
  });
  return { rows, problems };
}

/** Not a number where JavaScript would see one in an empty or a hexadecimal text. */
function toNumber(text: string): number {
  return /^[+]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}

function readCumulative(rows: readonly Row[]): ReadTable<ReadPopularity> {
  const groups: number[] = [];
  const weights: number[] = [];
  const problems: FileProblem[] = [];
  let [keys, draws] = [0, 0];
  for (const { line, numbers } of rows) {
    const [toKeys = 0, toDraws = 0] = numbers;
    if (toKeys <= keys || toDraws < draws) problems.push({ line, message: 'expected shares that rise' });
    groups.push(toKeys - keys);
    weights.push(toDraws - draws);
    [keys, draws] = [toKeys, toDraws];
  }
  if (Math.abs(keys - 1) > TOLERANCE || Math.abs(draws - 1) > TOLERANCE) {
    problems.push({ line: rows.at(-1)?.line ?? 1, message: 'expected the last shares to be 1 1' });
  }
  return problems.length > 0 ? { problems } : { table: { groups, weights, keys: undefined } };
}

interface Lists {
  readonly first: readonly number[];
  readonly second: readonly number[];
}

function isJson(text: string): boolean {
  return text.trimStart().startsWith('{');
}

function readLists(
  text: string,
  first: string,
  second: string,
  oneMore: boolean,
): Lists | { problems: readonly FileProblem[] } {
  const wrong = (message: string): { problems: readonly FileProblem[] } => ({
    problems: [{ line: 1, message }],
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return wrong(`it is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const lists = { first: listIn(value, first), second: listIn(value, second) };
  if (lists.first === undefined) return wrong(`expected a list of numbers in '${first}'`);
  if (lists.second === undefined) return wrong(`expected a list of numbers in '${second}'`);
  const more = lists.first.length - lists.second.length;
  if (more === 0 || (oneMore && more === 1)) return { first: lists.first, second: lists.second };
  return wrong(
    `expected as many numbers in '${second}' (${lists.second.length}) as in '${first}' (${lists.first.length})`,
  );
}

function listIn(value: unknown, key: string): readonly number[] | undefined {
  const list: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  const isList = Array.isArray(list) && list.every((item) => Number.isFinite(item));
  return isList && list.length > 0 ? list : undefined;
}

type LineOf = (index: number) => number;

function checkedPopularity(table: PopularityTable, lineOf: LineOf): ReadTable<ReadPopularity> {
  const empty = table.groups.flatMap((keys, index) =>
    keys > 0
      ? []
      : [{ line: lineOf(index), message: `group ${index + 1} has ${keys} keys, expected more than 0` }],
  );
  const problems = [...empty, ...weightProblems(table.weights, lineOf)];
  const keys = Math.round(table.groups.reduce((sum, size) => sum + size, 0));
  return problems.length > 0 ? { problems } : { table: { ...table, keys } };
}

function checkedSizes(table: SizeTable, lineOf: LineOf): ReadTable<SizeTable> {
  const ranges = table.sizes.length > table.weights.length;
  const wrong = table.sizes.flatMap((size, index) => {
    const line = lineOf(index);
    if (!(Number.isInteger(size) && size >= 1 && size <= 2 ** 26)) {
      return [
        { line, message: `size ${index + 1} is ${size}, expected a whole number of bytes from 1 to 64 MiB` },
      ];
    }
    const before = table.sizes[index - 1];
    if (!ranges || before === undefined || size > before) return [];
    return [{ line, message: `bound ${index + 1} is ${size}, expected more than the one before, ${before}` }];
  });
  const problems = [...wrong, ...weightProblems(table.weights, lineOf)];
  return problems.length > 0 ? { problems } : { table };
}

function weightProblems(weights: readonly number[], lineOf: LineOf): readonly FileProblem[] {
  const negative = weights.flatMap((weight, index) =>
    weight >= 0
      ? []
      : [{ line: lineOf(index), message: `weight ${index + 1} is ${weight}, expected 0 or more` }],
  );
  if (negative.length > 0 || weights.some((weight) => weight > 0)) return negative;
  return [{ line: lineOf(0), message: 'all weights are 0, expected some over it' }];
}
