import { expect, test } from 'vitest';
import { findReporter, REPORTERS } from '../../../src/report/registry.ts';
import { runOf, SPECS } from './fixture.ts';

test('every reporter is found by its name', () => {
  expect(Object.keys(REPORTERS)).toEqual(['table', 'json']);
  for (const [name, reporter] of Object.entries(REPORTERS)) expect(findReporter(name)).toBe(reporter);
});

test.each(['tabel', 'constructor', ''])(
  "the format '%s' is unknown, and the known ones are listed",
  (name) => {
    expect(() => findReporter(name)).toThrow(
      expect.objectContaining({ code: 'BAD_USAGE', hint: 'Formats: table, json.' }),
    );
  },
);

test('json is one document of the result and the verdict', () => {
  const result = runOf(SPECS.slice(0, 1));
  const verdict = { passed: true, gates: [] };
  const text = findReporter('json')({ result, verdict }, { width: 80, color: true });
  expect(JSON.parse(text)).toEqual({ ...result, verdict, claims: [] });
  expect(text).toMatch(/^\{\n {2}"schema": "cachectl\.bench\/1",/);
});
