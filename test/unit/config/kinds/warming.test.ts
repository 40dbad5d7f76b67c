import { expect, test } from 'vitest';
import { lengthOf } from '../../../../src/config/kinds/registry.ts';
import { parseScenario } from '../../../../src/config/scenario-file.ts';
import { errorOf } from '../error-of.ts';

const WARMING = 'name: x\nkind: warming\n';

test('a warming has its four starts unless the file says otherwise', () => {
  const scenario = parseScenario(`${WARMING}warming: { keys: 7, rate: 60/min, pause: 2s }\n`, 'f.yaml');
  expect(scenario).toMatchObject({
    instances: 4,
    work: { kind: 'warming', keys: 7, rate: 1, concurrency: 8, batch: 50, pauseMs: 2000 },
  });
  expect(scenario.variants.map(({ start }) => start)).toEqual(['cold', 'warmed', 'l2-warm', 'rolling']);
  expect(lengthOf(scenario)).toBe(4 * (scenario.warmupMs + scenario.durationMs));
});

test('a start is one of those there are, and is cold where nothing is said', () => {
  const variants = (start: string): string => `${WARMING}variants: [{ id: a, tiers: [redis]${start} }]\n`;
  expect(parseScenario(variants(''), 'f.yaml').variants[0]?.start).toBe('cold');
  expect(parseScenario(variants(', start: rolling'), 'f.yaml').variants[0]?.start).toBe('rolling');
  expect(errorOf(() => parseScenario(variants(', start: hot'), 'f.yaml')).message).toMatch(
    /variants\[0\]\.start: .*"?cold"?/,
  );
});

test('other kinds begin cold', () => {
  const load = (start: string): string =>
    `name: x\nkind: load\nvariants:\n  - { id: a, tiers: [redis], start: ${start} }\n`;
  expect(() => parseScenario(load('cold'), 'f.yaml')).not.toThrow();
  expect(errorOf(() => parseScenario(load('warmed'), 'f.yaml')).message).toMatch(
    /variants\[0\]\.start: start: warmed needs kind: warming/,
  );
});
