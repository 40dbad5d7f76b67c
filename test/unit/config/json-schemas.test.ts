import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { isCachectlError } from '../../../src/base/errors.ts';
import { parseConfig } from '../../../src/config/config-file.ts';
import { generateSchemas } from '../../../src/config/json-schemas.ts';
import { parseScenario } from '../../../src/config/scenario-file.ts';
import { accepts, keysOf } from './json-schema-check.ts';

const FOLDER = new URL('../../../scenarios/', import.meta.url);
const schemas = generateSchemas();

describe.for(Object.entries(schemas))('%s', ([file, schema]) => {
  test('is the committed one', () => {
    expect(JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'))).toEqual(schema);
  });

  test('describes every key', () => {
    const keys = keysOf(schema);
    expect(keys.length).toBeGreaterThan(20);
    expect(keys.filter(([, key]) => typeof key['description'] !== 'string')).toEqual([]);
  });
});

function parserAccepts(parseText: () => unknown): boolean {
  try {
    parseText();
    return true;
  } catch (error) {
    if (isCachectlError(error, 'BAD_SCENARIO', 'BAD_CONFIG')) return false;
    throw error;
  }
}

test.for<[accepted: boolean, text: string]>([
  [true, ''],
  [true, 'seed: 7'],
  [true, 'duration: 1h30m'],
  [true, 'duration: 1.5 s'],
  [true, 'load: { connections: 3 }'],
  [true, 'load: { model: open, rate: 10k/s }'],
  [true, 'load: { pipeline: 16 }'],
  [true, 'operations: { multi_get: 50%, touch: 25%, incr: 25%, batch: 100 }'],
  [true, 'values: { distribution: uniform, max: 2KiB }'],
  [true, 'keyspace: {}'],
  [true, 'variants: [{ id: a, tiers: [] }]'],
  [false, 'duraton: 1s'],
  [false, 'duration: 5'],
  [false, 'duration: 5x'],
  [false, 'seed: -1'],
  [false, 'seed: 1.5'],
  [false, 'load: { rate: 5/s }'],
  [false, 'load: { model: opn }'],
  [false, 'load: { model: open, rate: 5 }'],
  [false, 'values: { distribution: uniform, size: 1KiB }'],
  [false, 'keyspace: { distribution: uniform, exponent: 1 }'],
  [false, 'load: { model: open, pipeline: 2 }'],
  [false, 'load: { pipeline: 0 }'],
  [false, 'operations: { get: 0.5 }'],
  [false, 'operations: { get: 100%, batch: 0 }'],
  [false, 'tiers: { l2: {} }'],
  [false, 'tiers: { l1: { ttl: 5 } }'],
  [false, 'variants: []'],
  [false, 'variants: [{ id: a }]'],
  [false, 'variants: [{ id: a, tiers: [x] }]'],
  [false, 'gates: [5]'],
  [false, 'title: " x"'],
])('schema and parser of scenarios agree: %s for %s', ([accepted, text]) => {
  const whole = `name: x\nkind: load\n${text}\n`;
  expect(parserAccepts(() => parseScenario(whole, 'f.yaml'))).toBe(accepted);
  expect(accepts(schemas['scenario.schema.json'] ?? {}, parse(whole))).toBe(accepted);
});

test.for<[accepted: boolean, text: string]>([
  [true, '{}'],
  [true, 'profiles: { a: { redis: "redis://h:1", readonly: true } }'],
  [true, 'policies: { a: { key: "k:{x}", ttl: 5s } }'],
  [true, 'policies: { a: { key: k, ttl: { redis: 5s } } }'],
  [false, 'profiles: { A: {} }'],
  [false, 'profiles: { a: { readonly: yes } }'],
  [false, 'policies: { a: {} }'],
  [false, 'policies: { a: { key: "a b" } }'],
  [false, 'policies: { a: { key: k, ttl: { x: 5s } } }'],
  [false, 'policies: { a: { key: k, strategy: x } }'],
])('schema and parser of cachectl.yaml agree: %s for %s', ([accepted, text]) => {
  expect(parserAccepts(() => parseConfig(text, 'f.yaml', {}))).toBe(accepted);
  expect(accepts(schemas['cachectl.schema.json'] ?? {}, parse(text))).toBe(accepted);
});
