import { describe, expect, test } from 'vitest';
import { METRICS, findMetric, nearestMetric } from '../../../src/metrics/catalog.ts';

const unitOf = (pattern: RegExp): string[] => [
  ...new Set(METRICS.filter((metric) => pattern.test(metric.name)).map((metric) => metric.unit)),
];

describe('metric catalog', () => {
  test('names are unique, also regardless of case', () => {
    const names = METRICS.map((metric) => metric.name.toLowerCase());
    expect(new Set(names).size).toBe(names.length);
  });

  test.each(METRICS.map((metric) => [metric.name, metric] as const))('%s is well defined', (name, metric) => {
    expect(name).toMatch(/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$/);
    expect(metric.meaning.length).toBeGreaterThan(10);
    expect(metric.meaning).not.toMatch(/[.\s]$|undefined/);
    expect(findMetric(name)).toBe(metric);
  });

  test('units agree with names', () => {
    expect(unitOf(/_ratio$|utilization$/)).toEqual(['ratio']);
    expect(unitOf(/\.bytes$/)).toEqual(['bytes']);
    expect(unitOf(/latency\.|\.lag\./)).toEqual(['ms']);
    expect(unitOf(/\.(hits|misses|errors|loads)$/)).toEqual(['count']);
  });

  test('meanings differ', () => {
    const meanings = METRICS.map((metric) => metric.meaning);
    expect(new Set(meanings).size).toBe(meanings.length);
  });

  test('knows what was probably meant', () => {
    expect(findMetric('latency.p98')).toBeUndefined();
    expect(nearestMetric('latncy.p99')).toBe('latency.p99');
    expect(nearestMetric('hitratio')).toBe('hit_ratio');
    expect(nearestMetric('weather')).toBeUndefined();
  });
});
