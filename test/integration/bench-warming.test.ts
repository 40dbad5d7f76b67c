import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { runScenario } from '../../src/bench/run.ts';
import { parseScenario } from '../../src/config/scenario-file.ts';
import { conclude } from '../../src/report/verdicts/registry.ts';
import type { RunResult, VariantResult } from '../../src/results/run-result.ts';
import { HOST } from '../support/host.ts';

const SCENARIOS = join(import.meta.dirname, '..', '..', 'scenarios');

function run(name: string, changes: (text: string) => string = (text) => text): Promise<RunResult> {
  const text = changes(readFileSync(join(SCENARIOS, 'smoke', `${name}.yaml`), 'utf8'));
  return runScenario({
    scenario: parseScenario(text, `${name}.yaml`),
    target: {},
    driver: 'engine',
    host: HOST,
    env: process.env,
    clock: systemClock,
    signal: new AbortController().signal,
    onProgress: () => {},
    onStep: async () => {},
  });
}

type Figure = (name: string) => number;

function figuresOf(result: RunResult, id: string): Figure {
  const found: VariantResult | undefined = result.variants.find((variant) => variant.id === id);
  return (name) => found?.metrics[name] ?? Number.NaN;
}

describe('warming', () => {
  let result: RunResult;
  beforeAll(async () => {
    // long enough for what is compared, on a machine that does something else, too
    result = await run('warming', (text) =>
      text.replace('warmup: 100ms', 'warmup: 1500ms').replace('duration: 400ms', 'duration: 1500ms'),
    );
  });
  const of = (id: string): Figure => figuresOf(result, id);

  test('is measured in all variants, without an error', () => {
    expect(result.outcome).toBe('complete');
    expect(result.variants.map(({ id }) => id)).toEqual(['cold', 'warmed', 'l2-warm', 'rolling']);
    for (const { id, metrics } of result.variants) {
      expect(metrics['errors'], id).toBe(0);
      expect(metrics['offered_rate'], id).toBeCloseTo(1000, 6);
    }
  });

  test('each of the warmed keys was loaded once before the load, by all instances together', () => {
    expect(of('warmed')('warmup.preload.loads')).toBe(100);
    expect(of('warmed')('warmup.preload.duration')).toBeGreaterThan(0);
  });

  test('the colder the start, the more is loaded', () => {
    const loads = (id: string): number => of(id)('origin.loads');
    expect(loads('cold')).toBeGreaterThan(loads('warmed') + 50);
    expect(loads('cold')).toBeGreaterThan(loads('l2-warm') + 100);
    // and yet the replaced instances did not ask for the same keys again in the same order
    expect(loads('l2-warm')).toBeGreaterThan(10);
  });

  test('after all instances were replaced L1 is empty, and the keys come out of Redis', () => {
    expect(of('l2-warm')('redis.hits')).toBeGreaterThan(of('cold')('redis.hits'));
    expect(of('l2-warm')('l1.hit_ratio')).toBeLessThan(of('l2-warm')('hit_ratio'));
  });

  test('a rolling deploy is judged against what was before it, and its instances begin with an empty L1', () => {
    const rolling = of('rolling');
    expect(rolling('warmup.steady.hit_ratio')).toBeGreaterThan(0.5);
    expect(rolling('warmup.dip')).toBeGreaterThan(0.3);
    expect(rolling('warmup.l1.dip')).toBeLessThan(rolling('warmup.steady.l1.hit_ratio'));
    expect(of('cold')('warmup.dip')).toBeNaN();
    // the load went on before, in and after the deploy
    const { seconds, measuredMs } = result.variants[3] as VariantResult;
    expect(measuredMs).toBeGreaterThan(1500);
    expect(seconds.every(({ operations }) => operations > 0)).toBe(true);
  });

  test('says what each start has cost', () => {
    const [said = ''] = conclude({ result, verdict: { passed: true, gates: [] } });
    const text = said.replaceAll('\u00A0', ' ');
    expect(text).toMatch(/^All tiers cold|^Cold/);
    expect(text).toMatch(/warmed before: 90 % of the steady hit ratio .*100 loads before the start/);
    expect(text).toMatch(/rolling deploy: the hit ratio (dips from|stays at)/);
  });
});

test('warming is refused where it has no tier', async () => {
  const none = (text: string): string => `${text}variants: [{ id: none, tiers: [] }]\n`;
  await expect(run('warming', none)).rejects.toMatchObject({ code: 'BAD_SCENARIO' });
});

describe('ttl storm', () => {
  let result: RunResult;
  beforeAll(async () => {
    // every key is read within the window: 300 keys, 2,000 reads
    result = await run('ttl-storm', (text) =>
      text.replace('ttl: 800ms, window: 200ms', 'ttl: 4s, window: 2s').replace('jitter: 10%', 'jitter: 40%'),
    );
  });
  const of = (id: string): Figure => figuresOf(result, id);

  test('all keys are there until they expire, and are loaded after that', () => {
    const { seconds } = result.variants[0] as VariantResult;
    const [first, second, third] = seconds;
    expect(first).toMatchObject({ hits: first?.reads });
    expect(second?.hits).toBeGreaterThanOrEqual((second?.reads ?? 0) * 0.9);
    expect(third?.hits).toBeLessThan(third?.reads ?? 0);
    expect(of('same')('origin.loads')).toBeGreaterThan(50);
    expect(of('same')('redis.evictions')).toBe(0);
  });

  test('jitter spreads the loads: a lower peak, over a longer time', () => {
    expect(of('jitter')('storm.peak_factor')).toBeLessThan(of('same')('storm.peak_factor'));
    expect(of('jitter')('storm.origin.peak')).toBeLessThan(of('same')('storm.origin.peak'));
    expect(of('jitter')('storm.duration')).toBeGreaterThan(of('same')('storm.duration'));
  });

  test('what readers felt before and in the storm is told', () => {
    for (const id of ['same', 'jitter']) {
      expect(of(id)('storm.calm.latency.p99'), id).toBeGreaterThan(0);
      expect(of(id)('storm.latency.p99'), id).toBeGreaterThan(0);
      expect(of(id)('origin.peak_concurrency'), id).toBeGreaterThan(0);
    }
  });
});

test('evictions while the keys are stored are told, though they were before the measured part', async () => {
  const full = (text: string): string =>
    `${text
      .replace('keys: 300', 'keys: 3000')
      .replace('size: 64B', 'size: 8KiB')
      .replace('ttl: 800ms', 'ttl: 8s')
      .replace(/\n {2}- { id: jitter.*/, '')}tiers: { redis: { max_memory: 8MiB } }\n`;
  const result = await run('ttl-storm', full);
  expect(figuresOf(result, 'same')('evictions')).toBeGreaterThan(100);
  expect(result.warnings.map(({ code }) => code)).toContain('evictions');
});

test('keys that take longer to store than they live get the time they need', async () => {
  const short = (text: string): string =>
    text
      .replace('ttl: 800ms, window: 200ms', 'ttl: 310ms, window: 300ms')
      .replace('keys: 300', 'keys: 5000')
      .replace(/\n {2}- { id: jitter.*/, '');
  const result = await run('ttl-storm', short);
  const of = figuresOf(result, 'same');
  expect(of('storm.fill.duration')).toBeGreaterThan(10);
  expect(of('hit_ratio')).toBeGreaterThan(0.3);
  expect(of('origin.loads')).toBeGreaterThan(0);
});
