import { describe, expect, test } from 'vitest';
import type { CachectlError, Problem } from '../../../src/base/errors.ts';
import { DEFAULT_ENGINE } from '../../../src/config/engine-schema.ts';
import { parseScenario } from '../../../src/config/scenario-file.ts';
import { errorOf } from './error-of.ts';

const MINIMAL = 'name: x\nkind: load\n';

const failureOf = (text: string): CachectlError =>
  errorOf(() => parseScenario(text, 'f.yaml'), 'BAD_SCENARIO');

const brief = ({ line, column, key, message }: Problem): string =>
  `${line}:${column} ${key ?? ''}: ${message}`;
const problemsOf = (text: string): readonly string[] => failureOf(text).problems.map(brief);

test('a minimal scenario gets every default', () => {
  expect(parseScenario(MINIMAL, 'f.yaml')).toEqual({
    name: 'x',
    title: 'x',
    file: 'f.yaml',
    kind: 'load',
    work: { kind: 'load' },
    instances: 1,
    seed: 1,
    warmupMs: 1000,
    durationMs: 10_000,
    keyspace: { keys: 10_000, keyBytes: 12, distribution: 'zipfian', exponent: 0.99 },
    values: { distribution: 'fixed', bytes: 1024, compressibility: 0 },
    ttl: { distribution: 'none' },
    operations: { getOrLoad: 0.95, get: 0, multiGet: 0, set: 0.05, delete: 0, touch: 0, incr: 0, batch: 10 },
    load: { model: 'closed', connections: 50, pipeline: 1, thinkMs: 0 },
    origin: { rowsPerKey: 50, delayMs: 0 },
    tiers: {
      l1: { maxEntries: 2000, maxBytes: 16 * 1024 ** 2, ttlMs: 60_000 },
      redis: { ttlMs: 900_000, maxMemoryBytes: 64 * 1024 ** 2 },
      memcached: { ttlMs: 900_000, maxMemoryBytes: 64 * 1024 ** 2 },
      database: { ttlMs: 3_600_000 },
    },
    variants: [
      {
        id: 'all',
        title: 'all tiers',
        tiers: ['l1', 'redis', 'memcached', 'database'],
        engine: DEFAULT_ENGINE,
        start: 'cold',
      },
    ],
    gates: [],
    policies: [],
    claims: [],
  });
});

test('a section of a kind needs that kind, and has its defaults when it is not there', () => {
  const stampede = 'name: x\nkind: stampede\n';
  expect(problemsOf(`${MINIMAL}stampede: { callers: 5 }\n`)).toEqual([
    '3:11 stampede: this key needs kind: stampede',
  ]);
  expect(problemsOf(`${stampede}stampede: { ttl: 1 }\n`)).toEqual([
    expect.stringMatching(/^3:\d+ stampede.ttl: expected a duration/),
  ]);
  const scenario = parseScenario(`${stampede}stampede: { callers: 5 }\n`, 'f.yaml');
  expect(scenario).toMatchObject({ instances: 8, work: { kind: 'stampede', callers: 5, ttlMs: 5000 } });
  expect(scenario.variants.map(({ id }) => id)).toEqual(['none', 'single-flight', 'lease', 'xfetch', 'swr']);
});

test('an invalidation runs each level and each way of telling unless variants are named', () => {
  const minimal = 'name: x\nkind: invalidation\n';
  const scenario = parseScenario(`${minimal}invalidation: { writes: 10/s, ttl: 2s, purge: 100 }\n`, 'f.yaml');
  const work = { kind: 'invalidation', readRate: 4000, writeRate: 10, ttlMs: 2000, purgedKeys: 100 };
  expect(scenario).toMatchObject({ instances: 8, work });
  expect(scenario.variants.map(({ engine }) => [engine.level, engine.invalidateBy])).toEqual([
    ['bounded', 'none'],
    ['bounded', 'key'],
    ['partition-safe', 'key'],
    ['strict', 'key'],
    ['bounded', 'tag'],
    ['bounded', 'pattern'],
    ['bounded', 'namespace'],
    ['bounded', 'cascade'],
  ]);
  const told = (way: string): string =>
    `${minimal}variants: [{ id: a, tiers: [l1], engine: { invalidate_by: ${way} } }]\n`;
  expect(parseScenario(told('tag'), 'f.yaml').variants[0]?.engine.invalidateBy).toBe('tag');
  expect(problemsOf(told('telegram'))).toEqual([expect.stringContaining('invalidate_by')]);
  expect(problemsOf(`${minimal}invalidation: { reads: 5 }\n`)).toEqual([
    expect.stringMatching(/invalidation.reads: expected a rate/),
  ]);
});

test('what a file says is converted to milliseconds, bytes, rates and fractions', () => {
  const scenario = parseScenario(
    `${MINIMAL}warmup: 1h
duration: 1m30s
keyspace: { keys: 5, distribution: uniform }
values: { distribution: uniform, min: 100B, max: 4KiB }
operations: { get: 33.3%, set: 33.3%, delete: 33.4% }
load: { model: open, rate: 120k/min, arrival: constant, connections: 3, max_in_flight: 9 }
origin: { delay: 250us }
`,
    'f.yaml',
  );
  expect(scenario).toMatchObject({
    warmupMs: 3_600_000,
    durationMs: 90_000,
    keyspace: { keys: 5, distribution: 'uniform' },
    values: { distribution: 'uniform', minBytes: 100, maxBytes: 4096 },
    load: { model: 'open', rate: 2000, arrival: 'constant', connections: 3, maxInFlight: 9 },
    origin: { rowsPerKey: 50, delayMs: 0.25 },
  });
  expect(scenario.operations.getOrLoad).toBe(0);
  expect(scenario.operations.get).toBeCloseTo(0.333);
});

test('a gate keeps its text and the line it is on', () => {
  const { gates } = parseScenario(
    `${MINIMAL}gates:\n  - latency.p99 < 5ms\n\n  - 'errors == 0'\n`,
    'dir/f.yaml',
  );
  expect(gates).toEqual([
    { expression: 'latency.p99 < 5ms', origin: 'dir/f.yaml:4' },
    { expression: 'errors == 0', origin: 'dir/f.yaml:6' },
  ]);
});

const DURATION = 'expected a duration with a unit (ms, s, m, h or d), such as 250ms, 2s or 1h30m';

describe('one problem, with its place, what was expected and what was found', () => {
  test.for<[what: string, text: string, problem: string]>([
    ['unknown key', 'durtion: 3s', "3:1 durtion: unknown key 'durtion', did you mean 'duration'?"],
    [
      'unknown key far from all',
      'load:\n  wxyzabcdef: 1',
      "4:3 load.wxyzabcdef: unknown key 'wxyzabcdef'; the keys here are model, connections, pipeline, think, stages, rate, arrival, max_in_flight, shape",
    ],
    ['unit missing', 'duration: 5', `3:11 duration: ${DURATION}; found 5`],
    ['unit missing in text', "warmup: '5'", `3:9 warmup: ${DURATION}; found '5'`],
    ['unit unknown', 'warmup: 5 parsecs', `3:9 warmup: ${DURATION}; found '5 parsecs'`],
    ['no value', 'warmup:', `3:8 warmup: ${DURATION}; found nothing`],
    ['duration out of range', 'warmup: 2h', "3:9 warmup: expected a duration from 0ms to 1h; found '2h'"],
    [
      'rate without unit',
      'load: { model: open, rate: 500 }',
      '3:28 load.rate: expected a rate with a unit, such as 2000/s or 120k/min; found 500',
    ],
    [
      'number out of range',
      'load:\n  connections: 0',
      '4:16 load.connections: expected a whole number from 1 to 10000; found 0',
    ],
    [
      'fraction where a whole number is due',
      'seed: 1.5',
      '3:7 seed: expected a whole number from 0 to 4294967295; found 1.5',
    ],
    [
      'wrong distribution',
      'keyspace: { distribution: zipf }',
      "3:27 keyspace.distribution: expected one of zipfian, uniform, gaussian, hotspot, exponential, latest, sequential, shifting or popularity; found 'zipf'",
    ],
    [
      'wrong choice, nearly right',
      'load: { model: clsed }',
      "3:16 load.model: expected one of closed or open; found 'clsed', did you mean 'closed'?",
    ],
    ['key of the other model', 'load: { rate: 5/s }', '3:15 load.rate: this key needs model: open'],
    [
      'key of the other distribution',
      'values: { min: 1B }',
      '3:16 values.min: this key needs distribution: uniform, lognormal or pareto',
    ],
    [
      'min over max',
      'values: { distribution: uniform, min: 2KiB, max: 1KiB }',
      '3:39 values.min: min is larger than max',
    ],
    [
      'shares',
      'operations: { get: 50%, set: 40% }',
      '3:13 operations: the shares add up to 90%, not to 100%',
    ],
    [
      'unknown tier',
      'variants: [{ id: a, tiers: [radis] }]',
      "3:29 variants[0].tiers[0]: expected one of l1, redis, memcached or database; found 'radis', did you mean 'redis'?",
    ],
    [
      'tier twice',
      'variants: [{ id: a, tiers: [l1, l1] }]',
      "3:33 variants[0].tiers[1]: tier 'l1' is named twice",
    ],
    [
      'tiers in the wrong order',
      'variants: [{ id: a, tiers: [redis, l1] }]',
      "3:36 variants[0].tiers[1]: tier 'l1' is nearer than 'redis' and must come before it",
    ],
    [
      'variant without tiers',
      'variants:\n  - id: a',
      '4:5 variants[0].tiers: expected a list of tiers, out of l1, redis, memcached, database; the key is missing',
    ],
    [
      'variant twice',
      'variants:\n  - { id: a, tiers: [] }\n  - { id: a, tiers: [l1] }',
      "5:11 variants[1].id: the id 'a' is already that of variants[0]",
    ],
    ['no variants', 'variants: []', '3:11 variants: expected at least one variant; found an empty list'],
    [
      'list where a mapping is due',
      'tiers: [l1]',
      '3:8 tiers: expected a mapping of keys to values; found a list',
    ],
    [
      'newer file',
      'schema: cachectl.scenario/9',
      "3:9 schema: expected 'cachectl.scenario/1'; found 'cachectl.scenario/9', did you mean 'cachectl.scenario/1'?",
    ],
    ['duplicate key', 'seed: 1\nseed: 2', "4:1 : the key 'seed' is there twice"],
    [
      'key that every object has',
      'origin: { constructor: 1 }',
      "3:11 origin.constructor: unknown key 'constructor'; the keys here are rows_per_key, delay",
    ],
    ['undefined alias', 'seed: *one', '3:7 : there is no anchor &one before this'],
    ['second document', '---\nname: y', '3:1 : a second document begins here; a file has only one'],
  ])('%s', ([, text, problem]) => {
    expect(problemsOf(MINIMAL + text)).toEqual([problem]);
  });
});

test('all problems are told at once, in the order of the file, the first one in the message', () => {
  const text = `name: X
kind: laod
durtion: 3s
variants:
  - { id: a, tiers: [redis, l1, l2] }
  - { id: a, tiers: [] }
  - { id: A }
`;
  const error = failureOf(text);
  expect(error.problems.map(({ key }) => key)).toEqual([
    'name',
    'kind',
    'durtion',
    'variants[0].tiers[1]',
    'variants[0].tiers[2]',
    'variants[1].id',
    'variants[2].tiers',
    'variants[2].id',
  ]);
  expect(error.message).toMatch(/^f\.yaml:1:7: name: expected .*; found 'X' \(and 7 more problems\)$/);
  expect(error.exitCode).toBe(2);
});

test('duplicate keys do not hide other problems; a syntax error does, but its echoes are left out', () => {
  expect(problemsOf(`${MINIMAL}seed: 1\nseed: 2\nwarmup: 3`)).toHaveLength(2);
  expect(problemsOf('a: "\\q"\nb: "\\z"\n')).toEqual([
    '1:5 : Invalid escape sequence \\q',
    '2:5 : Invalid escape sequence \\z',
  ]);
  expect(problemsOf('{{}name\nname')).toContain('2:5 : Flow map must end with a }');
  expect(problemsOf('name: [\nkind: {}}}\nb: x\n')).toEqual([
    '2:1 : Flow sequence in block collection must be sufficiently indented and end with a ]',
  ]);
});

test.for([
  ['empty', '', 'the file is empty'],
  ['only comments', '# nothing\n', 'the file is empty'],
  ['deeply nested', '['.repeat(5000), 'it is nested too deeply'],
  ['too large', `# ${'x'.repeat(1024 * 1024)}`, 'the file is larger than 1 MiB'],
  ['a list', '- a', 'expected a mapping of keys to values; found a list'],
] as const)('a file that is %s', ([, text, message]) => {
  expect(failureOf(text).problems).toMatchObject([{ file: 'f.yaml', line: 1, column: 1, message }]);
});

const level = (name: string, of: string): string =>
  `${name}: &${name} [${Array<string>(9).fill(of).join()}]\n`;

test('aliases work, but a file that explodes by them is refused at once', () => {
  expect(parseScenario('name: &n x\nkind: load\ntitle: *n\n', 'f.yaml').title).toBe('x');
  const bomb = level('a', 'x') + level('b', '*a') + level('c', '*b') + level('d', '*c') + level('e', '*d');
  expect(failureOf(bomb).message).toContain('aliases');
});

test('a wrong choice does not hide what else is wrong beside it', () => {
  const text =
    'name: x\nkind: load\nkeyspace: { kyes: 1, distribution: zipf }\nload: { model: opne, connections: -3 }\n';
  expect(failureOf(text).problems.map(({ key }) => key)).toEqual([
    'keyspace.kyes',
    'keyspace.distribution',
    'load.model',
    'load.connections',
  ]);
});
