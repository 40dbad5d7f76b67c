import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { generateSchemas } from '../src/config/json-schemas.ts';
import { listScenarios, loadScenario, parseScenario } from '../src/config/scenario-file.ts';
import { KIND_NAMES, lengthOf, sectionOf } from '../src/config/kinds/registry.ts';
import type { Scenario } from '../src/config/scenario.ts';
import { checkGates, parseGates } from '../src/gate/parse.ts';
import { accepts, keysOf } from './unit/config/json-schema-check.ts';

const FOLDER = fileURLToPath(new URL('../scenarios', import.meta.url));
const SCHEMA = generateSchemas()['scenario.schema.json'] ?? {};
const scenarios = await listScenarios(FOLDER);
const textOf = (scenario: Scenario): string => readFileSync(join(FOLDER, scenario.file), 'utf8');

test('all that should be shipped is there', () => {
  const names = scenarios.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining([
      'quickstart',
      'invalidation',
      'invalidation-purge',
      'load',
      'reference',
      'stampede',
      'failover',
      'ttl-storm',
      'warming',
      'trace',
      'eviction',
      'smoke',
      'smoke/invalidation',
      'smoke/load',
      'smoke/open',
      'smoke/stampede',
      'smoke/failover',
      'smoke/ttl-storm',
      'smoke/warming',
      'smoke/trace',
      'smoke/eviction',
    ]),
  );
});

describe.for(scenarios)('$name', (scenario) => {
  test('is called as its file is', () => {
    expect(`${scenario.name}.yaml`).toBe(scenario.file.replaceAll('\\', '/'));
  });

  test('names the JSON Schema for editors, which accepts it', () => {
    const depth = '../'.repeat(scenario.name.split('/').length - 1) || './';
    const [first] = textOf(scenario).split('\n');
    expect(first).toBe(`# yaml-language-server: $schema=${depth}scenario.schema.json`);
    expect(accepts(SCHEMA, parse(textOf(scenario)))).toBe(true);
  });

  test('has gates that can be judged', () => {
    const ids = scenario.variants.map(({ id }) => id);
    expect(() => checkGates(parseGates(scenario.gates), ids)).not.toThrow();
  });
});

test.for(scenarios.filter(({ name }) => name.startsWith('smoke')))('$name is over in 2 s', (scenario) => {
  expect(lengthOf(scenario)).toBeLessThanOrEqual(2000);
});

test('quickstart compares no cache, each tier and all tiers in about 20 s', async () => {
  const scenario = await loadScenario('quickstart', { shippedDir: FOLDER, cwd: FOLDER });
  expect(scenario.variants.map(({ id }) => id)).toEqual([
    'none',
    'l1',
    'redis',
    'memcached',
    'database',
    'all',
  ]);
  expect(lengthOf(scenario)).toBeGreaterThan(15_000);
  expect(lengthOf(scenario)).toBeLessThanOrEqual(20_000);
});

describe('reference', () => {
  const MINIMAL = 'name: reference\nkind: load\n';
  const text = readFileSync(join(FOLDER, 'reference.yaml'), 'utf8');
  const kindOf = (section: string): string =>
    KIND_NAMES.find((kind) => sectionOf(kind) === section) ?? 'load';
  const minimal = (section: string): string => `name: reference\nkind: ${kindOf(section)}\n`;
  const alternatives = [...text.matchAll(/^#\| (\w+): (.*)$/gm)];
  const examples = [...text.matchAll(/^#> (\w+): (.*)$/gm)];

  test('states the real defaults', () => {
    const { title: _title, gates: _gates, ...stated } = parseScenario(text, 'reference.yaml');
    const { title: _name, gates: _none, ...real } = parseScenario(MINIMAL, 'reference.yaml');
    expect(stated).toEqual(real);
  });

  test('states the real defaults of each other form', () => {
    const sections = KIND_NAMES.flatMap((kind) => sectionOf(kind) ?? []);
    expect(new Set(alternatives.map(([, section]) => section))).toEqual(
      new Set(['keyspace', 'values', 'ttl', 'load', 'trace', ...sections, 'expect']),
    );
    for (const [, section = '', form = ''] of alternatives) {
      const [, choice = ''] = /^\{ (\w+: \w+)/.exec(form) ?? [];
      const file = section === 'trace' ? ', file: trace.csv' : '';
      const stated = ['load', 'eviction'].includes(kindOf(section))
        ? `${section}: { ${choice}${file} }\n`
        : '';
      const shortest = form.startsWith('{ hit_ratio') ? `${section}: { hit_ratio: 90% }\n` : stated;
      const real = parseScenario(`${minimal(section)}${shortest}`, 'f.yaml');
      expect(parseScenario(`${minimal(section)}${section}: ${form}\n`, 'f.yaml')).toEqual(real);
    }
  });

  test('gives an example, which can be run, of each form that has keys without a default', () => {
    expect(new Set(examples.map(([, section]) => section))).toEqual(
      new Set(['workload', 'keyspace', 'values', 'ttl', 'load']),
    );
    const files = { 'popularity.txt': '5\n3\n', 'sizes.txt': '100 5\n200 3\n' };
    const folder = mkdtempSync(join(tmpdir(), 'reference-'));
    try {
      for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
      for (const [, section = '', form = ''] of examples) {
        const load = form.includes('shift_time') ? 'load: { model: open }\n' : '';
        const example = `${MINIMAL}${load}${section}: ${form}\n`;
        expect(accepts(SCHEMA, parse(example))).toBe(true);
        expect(() => parseScenario(example, 'f.yaml', folder)).not.toThrow();
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('states a value for every key, in the file itself or in another form', () => {
    // Not to be there is what these are by default.
    const stated = new Set([
      ...pathsIn(parse(text)),
      'trace.format',
      'trace.limit',
      'variants.room',
      'variants.max_memory',
    ]);
    // keys that only another kind has, by their path
    for (const [, path = '', form = ''] of text.matchAll(/^#\| (\w+\.\w+): (.*)$/gm)) {
      stated.add(path);
      for (const inner of pathsIn(parse(form))) stated.add(`${path}.${inner}`);
    }
    for (const [, section = '', form = ''] of [...alternatives, ...examples]) {
      stated.add(section);
      for (const path of pathsIn(parse(form))) stated.add(`${section}.${path}`);
    }
    const known = keysOf(SCHEMA).map(([path]) => path);
    expect(known.length).toBeGreaterThan(40);
    expect(known.filter((path) => !stated.has(path))).toEqual([]);
  });

  test('names every choice', () => {
    const keys = keysOf(SCHEMA).map(([, key]) => key);
    const choices = keys.flatMap((key) => key.enum ?? key.const ?? []);
    expect(choices).toEqual(expect.arrayContaining(['load', 'constant', 'open']));
    for (const choice of choices.map(String)) expect(text).toMatch(new RegExp(`\\b${choice}\\b`));
  });
});

/** Dotted paths of all keys of a value; items of lists count as their list. */
function pathsIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(pathsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    [key].concat(pathsIn(inner).map((path) => `${key}.${path}`)),
  );
}
