import { stripVTControlCharacters } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judge } from '../../../src/gate/judge.ts';
import { parseGates } from '../../../src/gate/parse.ts';
import { table } from '../../../src/report/table.ts';
import { displayWidth } from '../../../src/report/text.ts';
import type { RunResult, VariantResult } from '../../../src/results/run-result.ts';
import { runOf, SPECS, variantOf } from './fixture.ts';

const plain = { width: 80, color: false };

function report(result: RunResult, expressions: readonly string[] = [], options = plain): string {
  const gates = parseGates(expressions.map((expression) => ({ expression, origin: 'quickstart.yaml:31' })));
  return table({ result, verdict: judge(gates, result) }, options);
}

const complete = runOf();
const single = runOf(SPECS.slice(-1), { environment: { ...complete.environment, servers: [] } });
const interrupted: RunResult = {
  ...complete,
  variants: complete.variants.slice(0, 2),
  outcome: 'interrupted',
  warnings: [{ code: 'interrupted', variant: 'l1', message: 'stopped after 3.20 s of 10.0 s' }],
};
const serverLost: RunResult = {
  ...complete,
  variants: [
    ...complete.variants.slice(0, 2),
    {
      ...variantOf({ id: 'redis', title: 'Redis', answers: [], operations: 0, errors: 812 }),
      errors: [
        { message: 'connect ENOENT /tmp/private/redis.sock', count: 640 },
        { message: 'Connection is closed.\u001B[31m\nSecond line', count: 160 },
        { message: 'write EPIPE', count: 11 },
        { message: 'read ECONNRESET', count: 1 },
      ],
    },
  ],
  outcome: 'server_lost',
  warnings: [{ code: 'server_lost', variant: 'redis', message: 'Redis 7.0.15 ended during the run' }],
};

describe('golden', () => {
  test.each([
    ['six variants at 80 columns', 'six-80', report(complete)],
    ['six variants at 60 columns', 'six-60', report(complete, [], { ...plain, width: 60 })],
    ['six variants at 120 columns', 'six-120', report(complete, [], { ...plain, width: 120 })],
    ['six variants in colour', 'six-colour', report(complete, ['errors == 0'], { width: 80, color: true })],
    ['one variant', 'one', report(single, ['latency.p99 < 20ms'])],
    [
      'failed gates',
      'failed-gates',
      report(complete, [
        'latency.p99 < 5ms',
        'redis:hit_ratio >= 95%',
        'origin.loads <= 2000',
        'memcached.hit_ratio > 50%',
        'errors == 0',
      ]),
    ],
    ['an interrupted run', 'interrupted', report(interrupted, ['latency.p99 < 20ms'])],
    ['a lost server', 'server-lost', report(serverLost, ['latency.p99 < 20ms'])],
    [
      'a terminal for ASCII alone',
      'ascii',
      table(
        {
          result: complete,
          verdict: judge(parseGates([{ expression: 'errors == 0', origin: '' }]), complete),
        },
        { ...plain, unicode: false },
      ),
    ],
  ])('%s', async (_what, file, text) => {
    await expect(text).toMatchFileSnapshot(`golden/${file}.txt`);
  });
});

const text = fc.string({ unit: 'binary', maxLength: 60 });
const figure = fc.oneof(
  fc.double({ min: 0, max: 1e12, noNaN: true }),
  fc.constantFrom(0, 1e-7, 0.999999, Infinity),
);
const metrics = fc.dictionary(
  fc.constantFrom(...Object.keys(complete.variants.at(-1)?.metrics ?? {}), 'memory.memcached.bytes'),
  figure,
  { noNullPrototype: true },
);
const variant = fc
  .tuple(
    fc.constantFrom(...complete.variants),
    fc.record({
      id: fc.constantFrom('v0', 'v1'),
      title: text,
      metrics,
      histograms: fc.constantFrom({}, {}, ...complete.variants.slice(-1).map(({ histograms }) => histograms)),
      errors: fc.array(fc.record({ message: text, count: fc.nat() }), { maxLength: 5 }),
    }),
  )
  .map(([measured, changes]): VariantResult => Object.assign({}, measured, changes));
const results: fc.Arbitrary<RunResult> = fc.record({
  schema: fc.constant(complete.schema),
  cachectl: fc.constant(complete.cachectl),
  startedAt: fc.constant(complete.startedAt),
  scenario: fc
    .record({ name: text, title: text })
    .map((changes) => Object.assign({}, complete.scenario, changes, { variants: ['v0', 'v1'] })),
  environment: fc.record({ product: text, address: text, private: fc.boolean() }).map((changes) =>
    Object.assign({}, complete.environment, {
      servers: [{ role: 'redis', version: '7', settings: {}, ...changes }],
    }),
  ),
  variants: fc.array(variant, { maxLength: 6 }),
  warnings: fc.array(fc.record({ code: fc.constant('few_samples' as const), variant: text, message: text })),
  outcome: fc.constantFrom('complete', 'interrupted', 'server_lost'),
});

test('users who think are called so', () => {
  const load = { model: 'closed', connections: 1000, thinkMs: 2000 } as const;
  const scenario = { ...single.scenario, load };
  expect(report({ ...single, scenario })).toContain('1000 users who think for 2.00 s');
});

test('a name that cli-table3 takes for narrower than terminals do is not filled up twice', () => {
  const [measured] = single.variants;
  if (measured === undefined) throw new Error('the fixture has no variant');
  const output = report({ ...single, variants: [{ ...measured, title: '\u{1B002}\u{1B002} tiers' }] });
  const rows = output.split('\n').filter((line) => line.includes('tiers  '));
  const rules = output.split('\n').filter((line) => /^ {2}─+$/.test(line));
  expect(rows.slice(0, rules.length).map(displayWidth)).toEqual(rules.map(displayWidth));
});

describe('whatever the result', () => {
  test('no line is longer than the terminal is wide, and none acts on it', () => {
    fc.assert(
      fc.property(results, fc.integer({ min: 40, max: 200 }), fc.boolean(), (result, width, unicode) => {
        const gates = parseGates([
          { expression: 'latency.p99 < 5ms', origin: 'a/long/path/to/some/scenario.yaml:1234' },
          { expression: 'v0:redis.hit_ratio >= 95%', origin: '--gate' },
        ]);
        const output = table({ result, verdict: judge(gates, result) }, { width, color: false, unicode });
        for (const line of output.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(width);
        expect(output).not.toMatch(/[^\P{C}\n]/u);
        expect(unicode || /^[ -~\n]*$/.test(output)).toBe(true);
      }),
      { numRuns: 80 },
    );
  });

  test('colour changes no character', () => {
    fc.assert(
      fc.property(results, fc.integer({ min: 40, max: 200 }), (result, width) => {
        const verdict = { passed: true, gates: [] };
        const colored = table({ result, verdict }, { width, color: true });
        const uncolored = stripVTControlCharacters(colored).replaceAll(/ +$/gm, '');
        expect(uncolored).toBe(table({ result, verdict }, { width, color: false }));
      }),
      { numRuns: 30 },
    );
  });
});

test('every column is there at every width', () => {
  for (let width = 40; width <= 200; width += 20) {
    const output = report(complete, [], { ...plain, width });
    for (const name of [
      'throughput',
      'p50',
      'p90',
      'p99 ',
      'p99.9',
      'hit ratio',
      'errors',
      'avoided',
      'process',
    ]) {
      expect(output, `${name} at ${width}`).toContain(name);
    }
    expect(output.match(/^ {2}all tiers .*97\.4 %/m), `hit ratio at ${width}`).not.toBeNull();
  }
});

test('a run of very many variants is cut to what can be read', () => {
  const [measured] = single.variants;
  if (measured === undefined) throw new Error('the fixture has no variant');
  const many = Array.from({ length: 230 }, (_, index) => ({
    ...measured,
    id: `v${index}`,
    title: `case ${index}`,
  }));
  const output = report({ ...single, variants: many });
  expect(output).toContain('The first 30 variants are only in the JSON.');
  expect(output).not.toContain('case 29 ');
  expect(output).toContain('case 30 ');
  expect(output).toContain('case 229 ');
});

test('a password in an address is hidden', () => {
  const servers = [
    {
      role: 'redis',
      product: 'Redis',
      version: '7.2',
      address: 'redis://app:hunter2@cache:6379',
      private: false,
      settings: {},
    },
  ];
  const output = report(runOf(SPECS.slice(0, 1), { environment: { ...complete.environment, servers } }));
  expect(output).toContain('Redis 7.2 (redis://app:***@cache:6379)');
  expect(output).not.toContain('hunter2');
});
