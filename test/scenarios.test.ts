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
import { checkClaims, parseClaims } from '../src/gate/claims/parse.ts';
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
      'adr-006/customer',
      'adr-006/product',
      'adr-006/inventory',
      'adr-006/quote',
      'adr-006/sessions',
      'adr-006/rate-limits',
      'prd/performance',
      'prd/frequent',
      'prd/users',
      'rfc/layers',
      't-sys-007/api',
      't-sys-007/operations',
      'tux/workers',
      'tux/capacity',
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

  test('has claims that can be judged', () => {
    const ids = scenario.variants.map(({ id }) => id);
    expect(() => checkClaims(parseClaims(scenario.claims), ids)).not.toThrow();
  });
});

test.for(scenarios.filter(({ name }) => name.startsWith('smoke')))('$name is over in 2 s', (scenario) => {
  expect(lengthOf(scenario)).toBeLessThanOrEqual(2000);
});

describe.for(scenarios.filter(({ file }) => /^(adr-006|rfc|prd|t-sys-007|tux)[/\\]/.test(file)))(
  '$name',
  (scenario) => {
    test('is over in 90 s, and names the document that it holds against the run', () => {
      expect(lengthOf(scenario)).toBeLessThanOrEqual(90_000);
      expect(scenario.claims.length).toBeGreaterThan(0);
      expect(new Set(scenario.claims.map(({ source }) => source.split(',')[0])).size).toBe(1);
    });
  },
);

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
    const stated = withoutExamples(parseScenario(text, 'reference.yaml'));
    const real = withoutExamples(parseScenario(MINIMAL, 'reference.yaml'));
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
      new Set(['workload', 'keyspace', 'values', 'ttl', 'load', 'policies', 'variants']),
    );
    const policiesExample = `${examples.find(([, section]) => section === 'policies')?.[0].slice(3)}\n`;
    const files = { 'popularity.txt': '5\n3\n', 'sizes.txt': '100 5\n200 3\n' };
    const folder = mkdtempSync(join(tmpdir(), 'reference-'));
    try {
      for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
      for (const [, section = '', form = ''] of examples) {
        const load = form.includes('shift_time') ? 'load: { model: open }\n' : '';
        const policies = form.includes('policy:') ? policiesExample : '';
        const example = `${MINIMAL}${load}${policies}${section}: ${form}\n`;
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
      for (const path of pathsIn(parse(form))) stated.add(`${section}.${nameless(section, path)}`);
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

/** What has no default: the file shows an example of it. */
function withoutExamples(scenario: Scenario): Omit<Scenario, 'title' | 'gates' | 'claims'> {
  const { title: _title, gates: _gates, claims: _claims, ...rest } = scenario;
  return rest;
}

/** The path of a key in a section whose first step is a name of the user's own. */
const nameless = (section: string, path: string): string =>
  section === 'policies' ? path.split('.').slice(1).join('.') : path;

/** Dotted paths of all keys of a value; items of lists count as their list. */
function pathsIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(pathsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    [key].concat(pathsIn(inner).map((path) => `${key}.${path}`)),
  );
}
